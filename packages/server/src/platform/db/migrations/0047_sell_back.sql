-- Sell-back: nodes of a block that its holder does without for a while. What spot and flex pay for their slots meanwhile is
-- shared with the holder, lease by lease.
CREATE TABLE sell_back (
  id text PRIMARY KEY,
  block_id text NOT NULL REFERENCES block,
  nodes integer NOT NULL CHECK (nodes > 0),
  -- The slots that were handed over: [{"nodeId": "nod_…", "slots": [0, 1]}].
  placements jsonb NOT NULL,
  offered_at timestamptz NOT NULL,
  withdrawn_at timestamptz CHECK (withdrawn_at >= offered_at),
  -- The block has its room again, or ought to; what is paid until then is shared. Null: until the block is over.
  back_at timestamptz CHECK (back_at >= withdrawn_at),
  settled_at timestamptz,
  credit_usd numeric(38,12) CHECK (credit_usd >= 0),
  credit_transaction_id text REFERENCES ledger_transaction,
  CHECK ((settled_at IS NULL) = (credit_usd IS NULL)),
  CHECK ((coalesce(credit_usd, 0) > 0) = (credit_transaction_id IS NOT NULL))
);
CREATE INDEX sell_back_block ON sell_back (block_id);

-- What one lease paid for the slots of a sell-back, and what of that the holder was given.
CREATE TABLE sell_back_line (
  sell_back_id text NOT NULL REFERENCES sell_back,
  lease_id text NOT NULL,
  gpu_ms bigint NOT NULL CHECK (gpu_ms > 0),
  paid_usd numeric(38,12) NOT NULL CHECK (paid_usd >= 0),
  credit_usd numeric(38,12) NOT NULL CHECK (credit_usd BETWEEN 0 AND paid_usd),
  PRIMARY KEY (sell_back_id, lease_id)
);
CREATE TRIGGER sell_back_line_append_only BEFORE UPDATE OR DELETE ON sell_back_line
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_kind_check;
ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_kind_check CHECK (kind IN (
  'customer_prepaid', 'credit_granted', 'revenue', 'overrun_expense', 'reclaim_compensation', 'fault_compensation',
  'internal_cost', 'internal_recovery', 'block_compensation', 'sell_back_compensation'
));
