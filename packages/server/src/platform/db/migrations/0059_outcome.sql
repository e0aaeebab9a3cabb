-- Cost per outcome: which usage events were attempts of which task, with what the ledger charged for each, and what
-- people said became of tasks. Attempts are written in the transaction that charges them, and kept for a while only.
CREATE TABLE task_attempt (
  -- The usage event.
  id uuid PRIMARY KEY,
  organization_id text NOT NULL,
  project_id text NOT NULL,
  -- As the caller named it.
  task_id text NOT NULL CHECK (length(task_id) BETWEEN 1 AND 128),
  -- The model that was asked for, and the one that answered.
  asked text NOT NULL,
  model text NOT NULL,
  route_version integer,
  tries smallint NOT NULL CHECK (tries > 0),
  tokens bigint NOT NULL CHECK (tokens >= 0),
  amount numeric(38,12) NOT NULL CHECK (amount >= 0),
  from_at timestamptz NOT NULL,
  to_at timestamptz NOT NULL
);
CREATE INDEX task_attempt_time ON task_attempt (organization_id, from_at);
CREATE INDEX task_attempt_task ON task_attempt (organization_id, task_id);
CREATE INDEX task_attempt_from_at ON task_attempt (from_at);

-- Each report stays; of a task the latest counts.
CREATE TABLE outcome (
  id text PRIMARY KEY,
  place bigint GENERATED ALWAYS AS IDENTITY,
  organization_id text NOT NULL REFERENCES organization,
  task_id text NOT NULL CHECK (length(task_id) BETWEEN 1 AND 128),
  is_success boolean NOT NULL,
  -- In a unit of the reporter's own.
  value double precision,
  note text CHECK (length(note) <= 500),
  reporter text NOT NULL REFERENCES api_key,
  idempotency_key text,
  reported_at timestamptz NOT NULL,
  CONSTRAINT outcome_once UNIQUE (organization_id, task_id, reporter, idempotency_key)
);
CREATE UNIQUE INDEX outcome_place ON outcome (organization_id, place);
CREATE INDEX outcome_task ON outcome (organization_id, task_id, place);
CREATE INDEX outcome_reported_at ON outcome (reported_at);
CREATE TRIGGER outcome_append_only BEFORE UPDATE ON outcome FOR EACH ROW EXECUTE FUNCTION refuse_change();
