-- What is sold and at which price. A price, once used, never changes: a change is a new row from an instant on.

CREATE TABLE sku (
  name text PRIMARY KEY,
  unit text NOT NULL CHECK (unit IN ('gpu_ms', 'token')),
  description text NOT NULL
);

CREATE TABLE price (
  id text PRIMARY KEY,
  sku text NOT NULL REFERENCES sku,
  amount_usd numeric(38,12) NOT NULL CHECK (amount_usd >= 0),
  per bigint NOT NULL CHECK (per > 0),
  effective_from timestamptz NOT NULL,
  UNIQUE (sku, effective_from)
);
CREATE TRIGGER price_append_only BEFORE UPDATE OR DELETE ON price
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE model (
  name text PRIMARY KEY,
  display_name text NOT NULL,
  description text NOT NULL,
  publisher text NOT NULL,
  licence text NOT NULL,
  is_toy boolean NOT NULL,
  context_tokens integer NOT NULL CHECK (context_tokens > 0),
  input_sku text NOT NULL REFERENCES sku,
  output_sku text NOT NULL REFERENCES sku,
  retired_at timestamptz
);
