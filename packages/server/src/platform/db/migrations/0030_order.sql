-- Orders, the windows that cleared them, and the price that a lease was promised when it was ordered.
ALTER TABLE hold DROP CONSTRAINT hold_purpose_check,
  ADD CONSTRAINT hold_purpose_check CHECK (purpose IN ('lease', 'gateway', 'order'));

-- Set for leases whose price is not the pool's price in force: it holds for all their attempts.
ALTER TABLE lease
  ADD COLUMN agreed_price_id text REFERENCES price,
  ADD COLUMN agreed_sku text REFERENCES sku,
  ADD COLUMN agreed_price_usd numeric(38,12),
  ADD CHECK (num_nulls(agreed_price_id, agreed_sku, agreed_price_usd) IN (0, 3));

-- One window of one pool. The log computes it again.
CREATE TABLE clearing (
  id text PRIMARY KEY,
  pool_name text NOT NULL REFERENCES pool,
  window_ends_at timestamptz NOT NULL,
  is_quoted boolean NOT NULL,
  reserve_usd numeric(38,12) NOT NULL CHECK (reserve_usd >= 0),
  price_usd numeric(38,12) NOT NULL CHECK (price_usd >= reserve_usd),
  bids integer NOT NULL CHECK (bids >= 0),
  accepted integer NOT NULL CHECK (accepted BETWEEN 0 AND bids),
  gpus_offered integer NOT NULL CHECK (gpus_offered >= 0),
  gpus_sold integer NOT NULL CHECK (gpus_sold BETWEEN 0 AND gpus_offered),
  log jsonb NOT NULL,
  UNIQUE (pool_name, window_ends_at)
);
CREATE TRIGGER clearing_append_only BEFORE UPDATE OR DELETE ON clearing
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE market_order (
  id text PRIMARY KEY,
  -- The order of arrival, which decides between equal bids.
  sequence bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  organization_id text NOT NULL REFERENCES organization,
  project_id text NOT NULL REFERENCES project,
  tier text NOT NULL CHECK (tier IN ('on_demand', 'spot', 'flex')),
  state text NOT NULL CHECK (state IN ('pending', 'standing', 'filled', 'cancelled', 'rejected', 'expired')),
  pool_name text NOT NULL REFERENCES pool,
  gpus integer NOT NULL CHECK (gpus > 0),
  nodes integer NOT NULL CHECK (nodes > 0 AND gpus % nodes = 0),
  fabric text NOT NULL CHECK (fabric IN ('same', 'any')),
  limit_usd numeric(38,12) CHECK (limit_usd > 0),
  -- What the lease will be asked for; what is secret in it is sealed.
  request jsonb NOT NULL,
  hold_id text REFERENCES hold,
  lease_id text REFERENCES lease,
  clearing_id text REFERENCES clearing,
  price_usd numeric(38,12),
  text text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  closed_at timestamptz,
  CHECK ((state IN ('pending', 'standing')) = (closed_at IS NULL)),
  CHECK ((state = 'filled') = (lease_id IS NOT NULL)),
  CHECK (closed_at IS NOT NULL OR hold_id IS NOT NULL)
);
CREATE INDEX market_order_open ON market_order (pool_name, sequence) WHERE closed_at IS NULL;
CREATE INDEX market_order_organization ON market_order (organization_id, sequence DESC);
