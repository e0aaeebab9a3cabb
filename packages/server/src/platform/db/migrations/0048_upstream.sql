-- Servers of somebody else that may answer for a model, beside replicas of ours or alone. Declared by the operator only.
CREATE TABLE upstream (
  id text PRIMARY KEY,
  model_name text NOT NULL REFERENCES model,
  -- What it speaks.
  provider text NOT NULL,
  url text NOT NULL,
  -- Its own name for the model.
  upstream_model text NOT NULL,
  -- Readable only with the installation's pepper.
  sealed_credential text,
  region text,
  -- What becomes of the prompts that it sees.
  data_policy text NOT NULL CHECK (data_policy IN ('unknown', 'not_kept', 'kept', 'trained_on')),
  -- What it takes for a million tokens; null: not known.
  input_cost_usd numeric(38,12) CHECK (input_cost_usd >= 0),
  output_cost_usd numeric(38,12) CHECK (output_cost_usd >= 0),
  created_at timestamptz NOT NULL,
  UNIQUE (model_name, url, upstream_model)
);
CREATE TRIGGER upstream_notify AFTER INSERT OR UPDATE OR DELETE ON upstream FOR EACH STATEMENT EXECUTE FUNCTION notify_route();
