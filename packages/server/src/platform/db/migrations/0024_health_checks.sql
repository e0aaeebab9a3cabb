-- Active checks of nodes: a command that runs on all slots of a free node, as an attempt of ours, now and then.
CREATE TABLE health_check (
  id text PRIMARY KEY,
  pool_name text NOT NULL,
  node_id text NOT NULL REFERENCES node,
  slots integer NOT NULL CHECK (slots > 0),
  state text NOT NULL CHECK (state IN ('running', 'passed', 'failed', 'inconclusive')),
  started_at timestamptz NOT NULL,
  ended_at timestamptz CHECK (ended_at >= started_at),
  -- What it came to, as a sentence.
  text text NOT NULL DEFAULT '',
  CHECK ((state = 'running') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX health_check_running ON health_check (node_id) WHERE state = 'running';
CREATE INDEX health_check_node ON health_check (node_id, started_at DESC);
