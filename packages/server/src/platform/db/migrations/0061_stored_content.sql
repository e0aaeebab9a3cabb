-- Prompts and answers that a project asked to be stored: sealed, and gone after the days that it said.
ALTER TABLE content_policy
  ADD COLUMN stored_days integer CHECK (stored_days BETWEEN 1 AND 365);
CREATE TABLE stored_content (
  -- Of the request, as its answer and its other records name it.
  request_id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES organization,
  project_id text NOT NULL REFERENCES project,
  -- Of the principal who asked.
  api_key_id text NOT NULL,
  model text NOT NULL,
  dialect text NOT NULL,
  sealed text NOT NULL,
  bytes integer NOT NULL,
  at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX stored_content_project ON stored_content (project_id, at, request_id);
CREATE INDEX stored_content_expiry ON stored_content (expires_at);
-- Content is read with a scope of its own: a key that may look at figures may not look at prompts.
ALTER TABLE api_key DROP CONSTRAINT api_key_scopes_check;
ALTER TABLE api_key ADD CONSTRAINT api_key_scopes_check
  CHECK (scopes <@ ARRAY['inference', 'read', 'manage', 'content'] AND cardinality(scopes) > 0);
