-- What an operator says of who answers for a model, version by version, and what a project allows of servers at most.
-- Beside usage, how a request came to be answered: kept for a while, and nothing is charged by it.
CREATE TABLE route (
  model_name text NOT NULL REFERENCES model,
  version integer NOT NULL CHECK (version > 0),
  -- Null: from here on every server of the model answers.
  document jsonb,
  set_at timestamptz NOT NULL,
  PRIMARY KEY (model_name, version)
);
CREATE TRIGGER route_append_only BEFORE UPDATE OR DELETE ON route FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER route_notify AFTER INSERT ON route FOR EACH STATEMENT EXECUTE FUNCTION notify_route();

CREATE TABLE route_constraint (
  project_id text PRIMARY KEY REFERENCES project,
  organization_id text NOT NULL REFERENCES organization,
  constraints jsonb NOT NULL,
  set_at timestamptz NOT NULL
);
CREATE TRIGGER route_constraint_notify AFTER INSERT OR UPDATE OR DELETE ON route_constraint FOR EACH STATEMENT EXECUTE FUNCTION notify_route();

CREATE TABLE usage_detail (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  detail jsonb NOT NULL
);
CREATE INDEX usage_detail_at ON usage_detail (at);
