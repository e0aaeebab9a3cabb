-- The reclaim policy of a pool, the terms that each lease was given, and one record for each time a lease was taken back.
ALTER TABLE pool ADD COLUMN reclaim jsonb;
UPDATE pool SET reclaim = jsonb_build_object(
  'on_demand', jsonb_build_object('by', '[]'::jsonb, 'noticeMs', notice_ms_on_demand),
  'spot', jsonb_build_object('by', '["anchor", "on_demand"]'::jsonb, 'noticeMs', notice_ms_spot),
  'flex', jsonb_build_object('by', '["anchor", "on_demand", "serving", "spot"]'::jsonb, 'noticeMs', notice_ms_flex),
  'evictionBatch', '{"leasesMax": null, "slotsPercentMax": 100}'::jsonb,
  'anchorHeadroom', 0
);
UPDATE pool SET reclaim = reclaim || jsonb_build_object(
  'on_demand', reclaim->'on_demand' || '{"minimumRunMs": 0, "perMonthMax": null, "compensation": {"kind": "none"}}',
  'spot', reclaim->'spot' || '{"minimumRunMs": 0, "perMonthMax": null, "compensation": {"kind": "none"}}',
  'flex', reclaim->'flex' || '{"minimumRunMs": 0, "perMonthMax": null, "compensation": {"kind": "none"}}'
);
ALTER TABLE pool
  ALTER COLUMN reclaim SET NOT NULL,
  DROP COLUMN notice_ms_on_demand,
  DROP COLUMN notice_ms_spot,
  DROP COLUMN notice_ms_flex;

ALTER TABLE lease
  -- As the pool's policy was when the lease was created; null for the owner's work.
  ADD COLUMN terms jsonb,
  -- Reclaims in the calendar month (UTC) that is named, such as 2026-11; of any other month there were none.
  ADD COLUMN reclaims_month text,
  ADD COLUMN reclaims_in_month integer NOT NULL DEFAULT 0,
  -- Of the current attempt.
  ADD COLUMN checkpoint_at timestamptz,
  -- Since when a reclaim is likely; and when that was last told, so that it is not told again and again.
  ADD COLUMN risk_at timestamptz,
  ADD COLUMN risk_told_at timestamptz;
UPDATE lease SET terms = pool.reclaim->lease.kind || jsonb_build_object('noticeMs', lease.notice_ms)
  FROM pool WHERE pool.name = lease.pool_name AND lease.kind IN ('on_demand', 'spot', 'flex');
UPDATE lease SET terms = jsonb_build_object(
    'by', '["anchor"]'::jsonb, 'noticeMs', notice_ms, 'minimumRunMs', 0, 'perMonthMax', null,
    'compensation', '{"kind": "none"}'::jsonb
  ) WHERE kind = 'serving';

CREATE TABLE reclaim (
  id text PRIMARY KEY,
  lease_id text NOT NULL REFERENCES lease,
  attempt integer NOT NULL,
  organization_id text NOT NULL REFERENCES organization,
  pool_name text NOT NULL REFERENCES pool,
  kind text NOT NULL,
  gpus integer NOT NULL CHECK (gpus > 0),
  cause text NOT NULL CHECK (cause IN ('outranked', 'shrink', 'engine')),
  reason text NOT NULL,
  by_kind text,
  for_lease text,
  terms jsonb NOT NULL,
  -- What the compensation is reckoned from, with the attempt's start: so that it can be recomputed.
  price_usd numeric(38,12),
  started_at timestamptz,
  decided_at timestamptz NOT NULL,
  -- Null where no notice was possible.
  stop_at timestamptz,
  notice_delivered_at timestamptz,
  notice_document boolean NOT NULL DEFAULT false,
  notice_signal boolean NOT NULL DEFAULT false,
  cause_gone_at timestamptz,
  stop_asked_at timestamptz,
  -- Set in one transaction with the compensation, and with the posting that its credit is.
  gone_at timestamptz,
  work_lost_gpu_ms bigint CHECK (work_lost_gpu_ms >= 0),
  compensation_usd numeric(38,12) CHECK (compensation_usd >= 0),
  compensation_text text,
  ledger_transaction_id text REFERENCES ledger_transaction,
  UNIQUE (lease_id, attempt),
  CHECK ((gone_at IS NULL) = (compensation_usd IS NULL)),
  CHECK ((coalesce(compensation_usd, 0) > 0) = (ledger_transaction_id IS NOT NULL))
);
CREATE INDEX reclaim_organization ON reclaim (organization_id, id DESC);
CREATE TRIGGER reclaim_kept BEFORE DELETE ON reclaim FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_kind_check;
ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_kind_check
  CHECK (kind IN ('customer_prepaid', 'credit_granted', 'revenue', 'overrun_expense', 'reclaim_compensation'));
ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_kind_check;
ALTER TABLE ledger_transaction ADD CONSTRAINT ledger_transaction_kind_check
  CHECK (kind IN ('usage', 'credit', 'compensation'));
