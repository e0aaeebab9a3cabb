-- What every module stands on: the stream of facts, durable steps, and answers to repeated requests.

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- Facts, written in the transaction that made them true. Readers follow (xid, id): a row is shown only once every
-- older transaction has ended, so that none is ever skipped.
CREATE TABLE event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  at timestamptz NOT NULL,
  type text NOT NULL,
  -- Null: for the operator only. Otherwise the organization that may see it.
  organization_id text,
  subject text NOT NULL,
  data jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX event_position ON event (xid, id);

CREATE FUNCTION notify_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('spillway_event', '');
  RETURN NULL;
END $$;
CREATE TRIGGER event_notify AFTER INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION notify_event();

-- A strand drives one long-lived thing by small idempotent steps; the thing's own row says where it stands.
CREATE TABLE strand (
  program text NOT NULL,
  subject text NOT NULL,
  wake_at timestamptz NOT NULL,
  failures integer NOT NULL DEFAULT 0,
  last_failure text,
  PRIMARY KEY (program, subject)
);
CREATE INDEX strand_wake ON strand (wake_at);

CREATE FUNCTION notify_strand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('spillway_strand', '');
  RETURN NULL;
END $$;
CREATE TRIGGER strand_notify AFTER INSERT OR UPDATE ON strand FOR EACH STATEMENT EXECUTE FUNCTION notify_strand();

-- The answer to a mutation, kept in the same transaction, so that a repeated request gets the same one.
CREATE TABLE idempotent_request (
  organization_id text NOT NULL,
  endpoint text NOT NULL,
  key text NOT NULL,
  request_hash text NOT NULL,
  status integer NOT NULL,
  answer jsonb NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, endpoint, key)
);
CREATE INDEX idempotent_request_at ON idempotent_request (at);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
