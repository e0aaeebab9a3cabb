-- Who serves which model: replicas that are leases on a pool, or a server that somebody else runs.

CREATE TABLE deployment (
  id text PRIMARY KEY,
  model_name text NOT NULL UNIQUE REFERENCES model,
  source text NOT NULL CHECK (source IN ('replica', 'upstream')),
  pool_name text REFERENCES pool,
  replicas_wanted integer NOT NULL DEFAULT 0 CHECK (replicas_wanted >= 0),
  weights text,
  upstream_url text,
  upstream_model text,
  created_at timestamptz NOT NULL,
  CHECK ((source = 'replica') = (pool_name IS NOT NULL)),
  CHECK ((source = 'upstream') = (upstream_url IS NOT NULL))
);

CREATE TABLE replica (
  deployment_id text NOT NULL REFERENCES deployment ON DELETE CASCADE,
  ordinal integer NOT NULL,
  lease_id text REFERENCES lease,
  url text,
  state text NOT NULL CHECK (state IN ('starting', 'ready', 'backing_off', 'stopped')),
  text text NOT NULL DEFAULT '',
  crashes integer NOT NULL DEFAULT 0,
  retry_at timestamptz,
  PRIMARY KEY (deployment_id, ordinal)
);

-- Gateways keep routes in memory; this tells them to look again.
CREATE FUNCTION notify_route() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('spillway_route', '');
  RETURN NULL;
END $$;
CREATE TRIGGER deployment_notify AFTER INSERT OR UPDATE OR DELETE ON deployment FOR EACH STATEMENT EXECUTE FUNCTION notify_route();
CREATE TRIGGER replica_notify AFTER INSERT OR UPDATE OR DELETE ON replica FOR EACH STATEMENT EXECUTE FUNCTION notify_route();
CREATE TRIGGER model_notify AFTER INSERT OR UPDATE OR DELETE ON model FOR EACH STATEMENT EXECUTE FUNCTION notify_route();
