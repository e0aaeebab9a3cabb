-- What is said of models beside who serves them: cards, other names, who may use them, when they go; and what gateways
-- measured of them. Gateways keep names, access and retirements in the table that they route by.
CREATE TABLE model_card (
  model_name text NOT NULL REFERENCES model,
  version integer NOT NULL CHECK (version > 0),
  document jsonb NOT NULL,
  set_at timestamptz NOT NULL,
  PRIMARY KEY (model_name, version)
);
CREATE TRIGGER model_card_append_only BEFORE UPDATE OR DELETE ON model_card FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER model_card_notify AFTER INSERT ON model_card FOR EACH STATEMENT EXECUTE FUNCTION notify_route();

CREATE TABLE model_alias (
  alias text NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  -- Null: from here on it stands for nothing.
  model_name text REFERENCES model,
  set_at timestamptz NOT NULL,
  PRIMARY KEY (alias, version)
);
CREATE TRIGGER model_alias_append_only BEFORE UPDATE OR DELETE ON model_alias FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER model_alias_notify AFTER INSERT ON model_alias FOR EACH STATEMENT EXECUTE FUNCTION notify_route();

CREATE TABLE model_access (
  project_id text NOT NULL REFERENCES project,
  -- The operator's rule holds beside the organization's own.
  set_by text NOT NULL CHECK (set_by IN ('operator', 'organization')),
  organization_id text NOT NULL REFERENCES organization,
  version integer NOT NULL CHECK (version > 0),
  rule text NOT NULL CHECK (rule IN ('only', 'except')),
  models text[] NOT NULL,
  set_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, set_by)
);
CREATE TRIGGER model_access_notify AFTER INSERT OR UPDATE OR DELETE ON model_access FOR EACH STATEMENT EXECUTE FUNCTION notify_route();

CREATE TABLE model_retirement (
  model_name text PRIMARY KEY REFERENCES model,
  version integer NOT NULL CHECK (version > 0),
  announced_at timestamptz NOT NULL,
  retires_at timestamptz NOT NULL,
  successor text REFERENCES model CHECK (successor <> model_name),
  -- Of the stages on its way, how many were told.
  told smallint NOT NULL DEFAULT 0
);
CREATE TRIGGER model_retirement_notify AFTER INSERT OR UPDATE OR DELETE ON model_retirement FOR EACH STATEMENT EXECUTE FUNCTION notify_route();

-- Of an hour, as all gateways add to it: answers by how long they took, in classes of seconds.
CREATE TABLE model_measure (
  model_name text NOT NULL,
  hour timestamptz NOT NULL,
  first_output_counts integer[] NOT NULL,
  answer_counts integer[] NOT NULL,
  answer_s double precision NOT NULL CHECK (answer_s >= 0),
  output_tokens bigint NOT NULL CHECK (output_tokens >= 0),
  PRIMARY KEY (model_name, hour)
);
CREATE INDEX model_measure_hour ON model_measure (hour);
