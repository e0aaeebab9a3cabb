-- Reserved blocks: GPUs of a pool from an instant to another, sold beforehand. The book keeps what is promised of the future
-- (booking) apart from what is claimed now; a block's claims stay the block's when a lease of it has the slots.
CREATE TABLE booking (
  -- The block that it is for.
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES organization,
  pool_name text NOT NULL REFERENCES pool,
  gpus integer NOT NULL CHECK (gpus > 0),
  nodes integer NOT NULL CHECK (nodes > 0 AND gpus % nodes = 0),
  fabric text NOT NULL CHECK (fabric IN ('same', 'any')),
  -- So long before its start room is gathered for it: nobody gives way with less than the whole of its notice.
  lead_ms integer NOT NULL CHECK (lead_ms >= 0),
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
  -- Of its nodes, those that it does without for now, because they are sold back.
  nodes_lent integer NOT NULL DEFAULT 0 CHECK (nodes_lent BETWEEN 0 AND nodes),
  -- Set when it is over, with its claims closed: from then on nothing comes back to it.
  closed_at timestamptz
);
CREATE INDEX booking_open ON booking (pool_name, ends_at) WHERE closed_at IS NULL;

ALTER TABLE claim ADD COLUMN block_id text;
CREATE INDEX claim_block ON claim (block_id) WHERE block_id IS NOT NULL;

-- Whoever books waits for whoever books or places work that stays on the same pool. What is booked never passes the slots
-- of the pool's nodes at any instant, whatever the program that asks believes.
CREATE FUNCTION check_booking() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  most bigint;
  slots bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('booking ' || NEW.pool_name, 0));
  SELECT max(total) INTO most FROM (
    SELECT (
      SELECT sum(gpus) FROM booking
      WHERE pool_name = NEW.pool_name AND closed_at IS NULL AND starts_at <= point.at AND ends_at > point.at
    ) AS total
    FROM (
      SELECT NEW.starts_at AS at
      UNION
      SELECT starts_at FROM booking
      WHERE pool_name = NEW.pool_name AND closed_at IS NULL
        AND starts_at > NEW.starts_at AND starts_at < NEW.ends_at
    ) AS point
  ) AS totals;
  SELECT coalesce(sum(slot_count), 0) INTO slots FROM node
  WHERE pool_name = NEW.pool_name AND retired_at IS NULL;
  IF most > slots THEN
    RAISE EXCEPTION 'the pool % has % slots, and % would be booked at once', NEW.pool_name, slots, most
      USING ERRCODE = 'check_violation', CONSTRAINT = 'booking_no_oversale';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER booking_no_oversale AFTER INSERT ON booking FOR EACH ROW EXECUTE FUNCTION check_booking();

CREATE TABLE block (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES organization,
  project_id text NOT NULL REFERENCES project,
  name text NOT NULL,
  state text NOT NULL CHECK (state IN ('scheduled', 'active', 'ended', 'unavailable')),
  -- How it stands, as a sentence.
  text text NOT NULL,
  pool_name text NOT NULL REFERENCES pool,
  gpus integer NOT NULL CHECK (gpus > 0),
  nodes integer NOT NULL CHECK (nodes > 0 AND gpus % nodes = 0),
  fabric text NOT NULL CHECK (fabric IN ('same', 'any')),
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
  -- Per GPU-hour, agreed when it was bought, and held for all of it.
  price_id text NOT NULL REFERENCES price,
  sku text NOT NULL REFERENCES sku,
  price_usd numeric(38,12) NOT NULL CHECK (price_usd > 0),
  hold_id text NOT NULL REFERENCES hold,
  -- Paid up to here; moved in the transaction that charges it.
  charged_until timestamptz NOT NULL CHECK (charged_until BETWEEN starts_at AND ends_at),
  created_at timestamptz NOT NULL,
  -- When all of its room was there for the first time.
  ready_at timestamptz,
  closed_at timestamptz,
  -- Known when it is over: what of it was never there, and what was given back for that.
  missing_gpu_ms bigint CHECK (missing_gpu_ms >= 0),
  used_gpu_ms bigint CHECK (used_gpu_ms >= 0),
  credit_usd numeric(38,12) CHECK (credit_usd >= 0),
  credit_transaction_id text REFERENCES ledger_transaction,
  CHECK ((state IN ('scheduled', 'active')) = (closed_at IS NULL)),
  CHECK ((closed_at IS NULL) = (missing_gpu_ms IS NULL)),
  CHECK (num_nulls(missing_gpu_ms, used_gpu_ms, credit_usd) IN (0, 3)),
  CHECK ((coalesce(credit_usd, 0) > 0) = (credit_transaction_id IS NOT NULL))
);
CREATE INDEX block_organization ON block (organization_id, id DESC);
CREATE INDEX block_open ON block (pool_name) WHERE closed_at IS NULL;

-- What became of a block, for its timeline.
CREATE TABLE block_fact (
  block_id text NOT NULL REFERENCES block,
  id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL,
  type text NOT NULL,
  text text NOT NULL,
  PRIMARY KEY (block_id, id)
);
CREATE TRIGGER block_fact_append_only BEFORE UPDATE OR DELETE ON block_fact
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Of a lease: the block that it is of, and what becomes of it when that is over.
ALTER TABLE lease
  ADD COLUMN block_id text,
  ADD COLUMN after_block text CHECK (after_block IN ('end', 'on_demand')),
  ADD CHECK ((block_id IS NULL) = (after_block IS NULL));
CREATE INDEX lease_block ON lease (block_id) WHERE block_id IS NOT NULL;

ALTER TABLE hold DROP CONSTRAINT hold_purpose_check,
  ADD CONSTRAINT hold_purpose_check CHECK (purpose IN ('lease', 'gateway', 'order', 'block'));
ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_kind_check;
ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_kind_check CHECK (kind IN (
  'customer_prepaid', 'credit_granted', 'revenue', 'overrun_expense', 'reclaim_compensation', 'fault_compensation',
  'internal_cost', 'internal_recovery', 'block_compensation'
));

-- What runs within a block counts against no quota: it was sold beforehand.
CREATE OR REPLACE VIEW quota_use AS
  SELECT organization_id, project_id, pool_name, kind AS tier,
    CASE WHEN state = 'pending' THEN 'waiting' ELSE 'held' END AS part, gpus, NULL::timestamptz AS expires_at
  FROM lease WHERE state <> 'ended' AND kind IN ('on_demand', 'spot', 'flex') AND block_id IS NULL
  UNION ALL
  SELECT organization_id, project_id, pool_name, tier, 'ordered', gpus, NULL
  FROM market_order WHERE closed_at IS NULL
  UNION ALL
  SELECT organization_id, project_id, pool_name, 'on_demand', 'quoted', gpus, expires_at
  FROM quote WHERE order_id IS NULL;
