-- Rate limits: how many requests and tokens a minute, and how many requests at once. Gateways take shares of a minute
-- by guarded updates of its one row, and slots of what may run at once in their own name.
CREATE TABLE rate_limit (
  id text PRIMARY KEY,
  -- Null: of every customer, each by itself.
  organization_id text REFERENCES organization,
  -- Null: of all together; so for what follows.
  project_id text REFERENCES project,
  api_key_id text REFERENCES api_key,
  model text,
  -- The operator's is a ceiling over the organization's own: all that cover a request hold.
  set_by text NOT NULL CHECK (set_by IN ('operator', 'organization')),
  requests_per_minute integer CHECK (requests_per_minute >= 0),
  tokens_per_minute bigint CHECK (tokens_per_minute >= 0),
  concurrency integer CHECK (concurrency >= 0),
  set_at timestamptz NOT NULL,
  CHECK (organization_id IS NOT NULL OR (project_id IS NULL AND api_key_id IS NULL AND set_by = 'operator')),
  CHECK (num_nonnulls(requests_per_minute, tokens_per_minute, concurrency) > 0),
  CONSTRAINT rate_limit_once UNIQUE NULLS NOT DISTINCT (organization_id, project_id, api_key_id, model, set_by)
);

-- What was given of a minute. `subject` is the organization, since a default is of each by itself.
CREATE TABLE rate_window (
  limit_id text NOT NULL REFERENCES rate_limit ON DELETE CASCADE,
  subject text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('requests', 'tokens')),
  starts_at timestamptz NOT NULL,
  given bigint NOT NULL DEFAULT 0 CHECK (given >= 0),
  PRIMARY KEY (limit_id, subject, kind, starts_at)
);
CREATE INDEX rate_window_starts_at ON rate_window (starts_at);

-- Requests at once that a gateway may run without asking.
CREATE TABLE rate_slot (
  limit_id text NOT NULL REFERENCES rate_limit ON DELETE CASCADE,
  subject text NOT NULL,
  writer text NOT NULL,
  slots integer NOT NULL CHECK (slots >= 0),
  PRIMARY KEY (limit_id, subject, writer)
);
CREATE INDEX rate_slot_writer ON rate_slot (writer);

-- Gateways keep limits in memory; this tells them to look again.
CREATE FUNCTION notify_rate_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('spillway_rate_limit', '');
  RETURN NULL;
END $$;
CREATE TRIGGER rate_limit_notify AFTER INSERT OR UPDATE OR DELETE ON rate_limit
  FOR EACH STATEMENT EXECUTE FUNCTION notify_rate_limit();
