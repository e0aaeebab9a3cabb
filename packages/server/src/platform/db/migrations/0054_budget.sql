-- Budgets: the most money that may be spent on models in a period. What is leased to gateways and what is spent of a
-- period never pass the amount together: leases grow by a guarded update of the period's one row.
CREATE TABLE budget (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES organization,
  -- Null: of all projects, of all keys together.
  project_id text REFERENCES project,
  api_key_id text REFERENCES api_key,
  -- Null: of all end users together. '*': of each by itself that has none of its own.
  end_user text CHECK (end_user <> ''),
  period text NOT NULL CHECK (period IN ('day', 'week', 'month', 'total')),
  -- The operator's stays in force beside the organization's own.
  set_by text NOT NULL CHECK (set_by IN ('operator', 'organization')),
  amount numeric(38,12) NOT NULL CHECK (amount >= 0),
  -- Percent of the amount at which to tell, upwards.
  alerts smallint[] NOT NULL,
  set_at timestamptz NOT NULL,
  CONSTRAINT budget_once UNIQUE NULLS NOT DISTINCT (organization_id, project_id, api_key_id, end_user, period, set_by)
);

CREATE TABLE budget_period (
  budget_id text NOT NULL REFERENCES budget ON DELETE CASCADE,
  -- The end user, or nothing.
  subject text NOT NULL,
  starts_at timestamptz NOT NULL,
  -- In open leases, spent there or not.
  leased numeric(38,12) NOT NULL DEFAULT 0 CHECK (leased >= 0),
  -- Of leases that are closed.
  spent numeric(38,12) NOT NULL DEFAULT 0 CHECK (spent >= 0),
  -- The highest percent that was told.
  alerted smallint NOT NULL DEFAULT 0,
  PRIMARY KEY (budget_id, starts_at, subject)
);

-- What one gateway may spend of a period without asking. Ends by a record in its journal, or when it is dead.
CREATE TABLE budget_lease (
  id text PRIMARY KEY,
  budget_id text NOT NULL,
  subject text NOT NULL,
  starts_at timestamptz NOT NULL,
  writer text NOT NULL,
  granted numeric(38,12) NOT NULL CHECK (granted >= 0),
  -- Of requests whose records are posted.
  spent numeric(38,12) NOT NULL DEFAULT 0 CHECK (spent >= 0),
  FOREIGN KEY (budget_id, starts_at, subject) REFERENCES budget_period (budget_id, starts_at, subject) ON DELETE CASCADE
);
CREATE INDEX budget_lease_writer ON budget_lease (writer);
CREATE INDEX budget_lease_period ON budget_lease (budget_id, starts_at, subject);

-- Gateways keep budgets in memory; this tells them to look again.
CREATE FUNCTION notify_budget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('spillway_budget', '');
  RETURN NULL;
END $$;
CREATE TRIGGER budget_notify AFTER INSERT OR UPDATE OR DELETE ON budget
  FOR EACH STATEMENT EXECUTE FUNCTION notify_budget();

-- A limit of a key holds for those that take its place: they name the first of them. Null: it is the first.
ALTER TABLE api_key ADD COLUMN succeeds text REFERENCES api_key;
