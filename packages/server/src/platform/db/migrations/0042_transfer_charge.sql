-- What the owner's teams are charged in the owner's own books for GPU time: for what their work used, and for what was kept
-- for it and stood idle. Each hour is posted once; when the book says otherwise later, the difference is posted on top.
CREATE TABLE transfer_charge (
  pool_name text NOT NULL REFERENCES pool,
  hour timestamptz NOT NULL,
  -- 1 is the first posting; the sum over all is what holds.
  revision integer NOT NULL CHECK (revision > 0),
  organization_id text NOT NULL REFERENCES organization,
  kind text NOT NULL CHECK (kind IN ('used', 'kept')),
  gpu_ms bigint NOT NULL,
  usd_per_gpu_hour numeric(38,12) NOT NULL CHECK (usd_per_gpu_hour >= 0),
  amount_usd numeric(38,12) NOT NULL CHECK (amount_usd <> 0),
  ledger_transaction_id text NOT NULL REFERENCES ledger_transaction,
  PRIMARY KEY (pool_name, hour, revision, organization_id, kind),
  CHECK (revision > 1 OR amount_usd > 0)
);
CREATE TRIGGER transfer_charge_append_only BEFORE UPDATE OR DELETE ON transfer_charge
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_kind_check;
ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_kind_check CHECK (kind IN (
  'customer_prepaid', 'credit_granted', 'revenue', 'overrun_expense', 'reclaim_compensation', 'fault_compensation',
  'internal_cost', 'internal_recovery'
));
ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_kind_check;
ALTER TABLE ledger_transaction ADD CONSTRAINT ledger_transaction_kind_check
  CHECK (kind IN ('usage', 'credit', 'compensation', 'transfer'));
