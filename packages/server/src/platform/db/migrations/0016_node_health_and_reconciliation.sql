-- A node's state is decided from what keeps work off it: its engine, the operator, a quarantine, a change that is due.
-- Each is kept by itself, so that taking one back leaves the others standing.
ALTER TABLE node
  ADD COLUMN engine_state text NOT NULL DEFAULT 'up' CHECK (engine_state IN ('up', 'draining', 'down')),
  ADD COLUMN engine_reason text,
  ADD COLUMN drain_reason text,
  ADD COLUMN quarantine_reason text,
  ADD COLUMN change_reason text,
  -- Its engine was told of our drain, and has to be told when it is over.
  ADD COLUMN is_drain_told boolean NOT NULL DEFAULT false,
  -- By the operator, for good: such a node is not entered again because its engine still knows it.
  ADD COLUMN retired_reason text,
  DROP CONSTRAINT node_state_check,
  ADD CONSTRAINT node_state_check CHECK (state IN ('ready', 'draining', 'down', 'faulty'));
UPDATE node SET change_reason = 'its slots ought to change' WHERE state = 'draining';
UPDATE node SET quarantine_reason = 'marked as faulty' WHERE state = 'faulty';

CREATE TABLE node_fact (
  node_id text NOT NULL REFERENCES node,
  id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL,
  type text NOT NULL,
  text text NOT NULL,
  -- The key of whoever did it; null for what was found.
  actor text,
  PRIMARY KEY (node_id, id)
);
CREATE TRIGGER node_fact_append_only BEFORE UPDATE OR DELETE ON node_fact
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Slots that must not be sold though their node answers. One row an episode.
CREATE TABLE slot_fault (
  node_id text NOT NULL REFERENCES node,
  slot integer NOT NULL CHECK (slot >= 0),
  reason text NOT NULL,
  is_lost boolean NOT NULL,
  since timestamptz NOT NULL,
  -- When the slot was last seen without a fault: nothing is billed after it on a GPU that is lost.
  last_good_at timestamptz CHECK (last_good_at <= since),
  cleared_at timestamptz CHECK (cleared_at >= since),
  PRIMARY KEY (node_id, slot, since)
);
CREATE UNIQUE INDEX slot_fault_open ON slot_fault (node_id, slot) WHERE cleared_at IS NULL;

-- When an engine last told how all nodes of a pool and their slots are, and since when it has not answered.
CREATE TABLE pool_reading (
  pool_name text PRIMARY KEY,
  at timestamptz,
  unreachable_since timestamptz
);

-- Why slots are held that no lease has.
ALTER TABLE claim ADD COLUMN reason text CHECK (reason IS NULL OR lease_id IS NULL);

-- The last comparison of each pool.
CREATE TABLE reconciliation_run (
  pool_name text PRIMARY KEY,
  engine text NOT NULL,
  started_at timestamptz NOT NULL,
  duration_ms double precision NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('compared', 'engine_unreachable')),
  text text,
  compared_at timestamptz,
  counts jsonb NOT NULL DEFAULT '{}'
);

-- Each difference between book and engine, from when it was found until it was settled.
CREATE TABLE reconciliation_case (
  id text PRIMARY KEY,
  pool_name text NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,
  text text NOT NULL,
  data jsonb NOT NULL DEFAULT '{}',
  opened_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  closed_at timestamptz CHECK (closed_at >= opened_at)
);
CREATE UNIQUE INDEX reconciliation_case_open ON reconciliation_case (pool_name, kind, subject)
  WHERE closed_at IS NULL;
