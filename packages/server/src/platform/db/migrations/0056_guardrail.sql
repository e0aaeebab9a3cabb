-- What organizations have looked for in prompts and answers.
CREATE TABLE guardrail (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES organization,
  -- Null: every project of the organization.
  project_id text REFERENCES project,
  name text NOT NULL,
  position integer NOT NULL,
  side text NOT NULL CHECK (side IN ('input', 'output', 'both')),
  mode text NOT NULL CHECK (mode IN ('block', 'redact', 'flag', 'route')),
  to_model text REFERENCES model,
  looks_for jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT guardrail_once UNIQUE NULLS NOT DISTINCT (organization_id, project_id, name),
  CHECK ((mode = 'route') = (to_model IS NOT NULL))
);
CREATE FUNCTION notify_guardrail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('spillway_guardrail', '');
  RETURN NULL;
END $$;
CREATE TRIGGER guardrail_notify AFTER INSERT OR UPDATE OR DELETE ON guardrail
FOR EACH STATEMENT EXECUTE FUNCTION notify_guardrail();
