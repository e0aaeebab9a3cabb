-- A reclaim is compensated for what was charged, and that ends before the processes do where a GPU was lost meanwhile.
-- What is given back for lost GPUs has an account and a record of its own, so that it can be recomputed.
ALTER TABLE reclaim ADD COLUMN billed_until timestamptz CHECK (billed_until <= gone_at);

CREATE TABLE fault_credit (
  lease_id text NOT NULL REFERENCES lease,
  attempt integer NOT NULL,
  gpus integer NOT NULL CHECK (gpus > 0),
  price_usd numeric(38,12) NOT NULL,
  -- When the GPU was last seen whole, and up to where use was charged.
  good_until timestamptz NOT NULL,
  charged_until timestamptz NOT NULL CHECK (charged_until > good_until),
  amount_usd numeric(38,12) NOT NULL CHECK (amount_usd > 0),
  ledger_transaction_id text NOT NULL REFERENCES ledger_transaction,
  PRIMARY KEY (lease_id, attempt)
);
CREATE TRIGGER fault_credit_append_only BEFORE UPDATE OR DELETE ON fault_credit
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_kind_check;
ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_kind_check CHECK (kind IN (
  'customer_prepaid', 'credit_granted', 'revenue', 'overrun_expense', 'reclaim_compensation', 'fault_compensation'
));
