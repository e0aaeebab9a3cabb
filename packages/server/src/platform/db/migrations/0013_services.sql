-- A lease may be a service: it answers at a port, its health is checked, and it is reached through the API.
ALTER TABLE lease
  ADD COLUMN mode text NOT NULL DEFAULT 'job' CHECK (mode IN ('job', 'service')),
  -- {"port": 0, "health": {"path": "/", "intervalMs": 5000, "timeoutMs": 2000, "failuresMax": 3}}
  ADD COLUMN service jsonb,
  ADD CONSTRAINT lease_service_has_port CHECK ((mode = 'service') = (service IS NOT NULL));
CREATE INDEX lease_service_open ON lease (id) WHERE mode = 'service' AND state <> 'ended';

-- How each service was when it last changed. A row of an earlier attempt says nothing of the current one.
CREATE TABLE lease_health (
  lease_id text PRIMARY KEY REFERENCES lease,
  attempt integer NOT NULL,
  state text NOT NULL CHECK (state IN ('starting', 'healthy', 'unhealthy')),
  text text NOT NULL,
  at timestamptz NOT NULL
);
