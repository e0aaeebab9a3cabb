-- Leases and the facts of their lives.

CREATE TABLE lease (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES organization,
  project_id text NOT NULL REFERENCES project,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('anchor', 'on_demand', 'spot', 'flex', 'serving')),
  state text NOT NULL CHECK (state IN ('pending', 'starting', 'running', 'reclaiming', 'ended')),
  pool_name text NOT NULL REFERENCES pool,
  gpus integer NOT NULL CHECK (gpus > 0),
  command jsonb NOT NULL,
  environment jsonb NOT NULL,
  working_directory text,
  requeue boolean NOT NULL,
  notice_signal text,
  notice_ms integer NOT NULL CHECK (notice_ms >= 0),
  grace_ms integer NOT NULL CHECK (grace_ms >= 0),
  time_limit_ms bigint,
  max_price_usd numeric(38,12),
  -- The price of the current attempt; null for what is not sold.
  price_id text REFERENCES price,
  -- That price per GPU-hour; a price never changes, so this copy cannot go stale.
  price_usd numeric(38,12),
  hold_id text REFERENCES hold,
  created_at timestamptz NOT NULL,
  -- Of the current attempt.
  attempt integer NOT NULL DEFAULT 0,
  node_id text REFERENCES node,
  slots integer[] NOT NULL DEFAULT '{}',
  started_at timestamptz,
  -- Usage is recorded up to here; moved in the transaction that records it.
  metered_until timestamptz,
  waiting_for text,
  -- Why it is being taken back, and for which lease.
  reclaim_reason text CHECK (reclaim_reason IN ('reclaimed', 'stopped', 'balance_exhausted', 'time_limit')),
  reclaim_for text,
  notice_at timestamptz,
  stop_at timestamptz,
  stopped_at timestamptz,
  ended_at timestamptz,
  end_reason text,
  exit_code integer,
  exit_signal text,
  CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
  CHECK (state NOT IN ('starting', 'running', 'reclaiming') OR node_id IS NOT NULL)
);
CREATE INDEX lease_organization ON lease (organization_id, created_at DESC);
CREATE INDEX lease_open ON lease (state) WHERE state <> 'ended';

CREATE TABLE lease_fact (
  lease_id text NOT NULL REFERENCES lease,
  id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL,
  type text NOT NULL,
  text text NOT NULL,
  data jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (lease_id, id)
);
CREATE TRIGGER lease_fact_append_only BEFORE UPDATE OR DELETE ON lease_fact
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
