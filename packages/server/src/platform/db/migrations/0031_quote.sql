-- Firm quotes: a price that is kept for some minutes. An order uses one once.
CREATE TABLE quote (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES organization,
  pool_name text NOT NULL REFERENCES pool,
  gpus integer NOT NULL CHECK (gpus > 0),
  nodes integer NOT NULL CHECK (nodes > 0 AND gpus % nodes = 0),
  fabric text NOT NULL CHECK (fabric IN ('same', 'any')),
  price_id text NOT NULL REFERENCES price,
  sku text NOT NULL REFERENCES sku,
  price_usd numeric(38,12) NOT NULL CHECK (price_usd >= 0),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
  order_id text UNIQUE REFERENCES market_order
);
CREATE INDEX quote_organization ON quote (organization_id, created_at DESC);
