-- Quotas: the most GPUs that an organization may hold at once, and what buyers asked of more.
-- Use is never stored: it is what is open, so that nothing can leak or drift.
CREATE TABLE quota (
  id text PRIMARY KEY,
  -- Null: of every customer that has none of its own for the same.
  organization_id text REFERENCES organization,
  -- Null: of all projects together.
  project_id text REFERENCES project,
  -- Null: of all pools, accelerators and tiers together.
  pool_name text,
  accelerator text,
  tier text CHECK (tier IN ('on_demand', 'spot', 'flex')),
  gpus integer NOT NULL CHECK (gpus >= 0),
  set_at timestamptz NOT NULL,
  CHECK (project_id IS NULL OR organization_id IS NOT NULL),
  CHECK (pool_name IS NULL OR accelerator IS NULL),
  CONSTRAINT quota_once UNIQUE NULLS NOT DISTINCT (organization_id, project_id, pool_name, accelerator, tier)
);

CREATE TABLE quota_request (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES organization,
  pool_name text,
  accelerator text,
  tier text CHECK (tier IN ('on_demand', 'spot', 'flex')),
  gpus integer NOT NULL CHECK (gpus > 0),
  reason text NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'granted', 'declined')),
  created_at timestamptz NOT NULL,
  decided_at timestamptz,
  -- What the operator said to it.
  answer text,
  granted_gpus integer CHECK (granted_gpus > 0),
  CHECK ((state = 'open') = (decided_at IS NULL)),
  CHECK ((state = 'granted') = (granted_gpus IS NOT NULL))
);
CREATE INDEX quota_request_open ON quota_request (id) WHERE state = 'open';
CREATE INDEX quota_request_organization ON quota_request (organization_id, id DESC);

-- For whose project a quote is; those from before this hold for minutes only.
ALTER TABLE quote ADD COLUMN project_id text REFERENCES project;

CREATE INDEX lease_open_organization ON lease (organization_id) WHERE state <> 'ended';
CREATE INDEX market_order_open_organization ON market_order (organization_id) WHERE closed_at IS NULL;
CREATE INDEX quote_unused ON quote (organization_id, expires_at) WHERE order_id IS NULL;

-- What counts: sold leases that are not over, open orders, and quotes that somebody could still buy at.
CREATE VIEW quota_use AS
  SELECT organization_id, project_id, pool_name, kind AS tier,
    CASE WHEN state = 'pending' THEN 'waiting' ELSE 'held' END AS part, gpus, NULL::timestamptz AS expires_at
  FROM lease WHERE state <> 'ended' AND kind IN ('on_demand', 'spot', 'flex')
  UNION ALL
  SELECT organization_id, project_id, pool_name, tier, 'ordered', gpus, NULL
  FROM market_order WHERE closed_at IS NULL
  UNION ALL
  SELECT organization_id, project_id, pool_name, 'on_demand', 'quoted', gpus, expires_at
  FROM quote WHERE order_id IS NULL;
