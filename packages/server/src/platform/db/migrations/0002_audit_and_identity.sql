-- Who acts, and the record of what they did.

CREATE TABLE audit_event (
  id text PRIMARY KEY,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  organization_id text NOT NULL,
  action text NOT NULL,
  target text,
  outcome text NOT NULL,
  request_id text NOT NULL
);
CREATE INDEX audit_event_at ON audit_event (at DESC, id DESC);
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE organization (
  id text PRIMARY KEY,
  name text NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('operator', 'internal', 'customer')),
  created_at timestamptz NOT NULL
);

CREATE TABLE project (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES organization,
  name text NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (organization_id, name)
);

-- Only a keyed hash of the secret is kept.
CREATE TABLE api_key (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES organization,
  project_id text NOT NULL REFERENCES project,
  name text NOT NULL,
  role text NOT NULL CHECK (role IN ('operator', 'member', 'inference')),
  secret_hash text NOT NULL UNIQUE,
  hint text NOT NULL,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX api_key_organization ON api_key (organization_id, created_at);

-- Gateways keep keys in memory; this tells them to look again.
CREATE FUNCTION notify_api_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('spillway_api_key', NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER api_key_notify AFTER INSERT OR UPDATE OF revoked_at ON api_key
  FOR EACH ROW EXECUTE FUNCTION notify_api_key();

-- A signed-in browser. The cookie is a secret of which the hash is kept.
CREATE TABLE session (
  secret_hash text PRIMARY KEY,
  api_key_id text NOT NULL REFERENCES api_key,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
