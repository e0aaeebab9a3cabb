-- Double entry. Entries are never changed; a transaction sums to zero; a limited balance never passes its limit.

CREATE TABLE ledger_account (
  id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('customer_prepaid', 'credit_granted', 'revenue', 'overrun_expense')),
  organization_id text,
  currency text NOT NULL CHECK (currency = 'USD')
);

CREATE TABLE balance (
  account_id text PRIMARY KEY REFERENCES ledger_account,
  posted numeric(38,12) NOT NULL DEFAULT 0,
  held numeric(38,12) NOT NULL DEFAULT 0 CHECK (held >= 0),
  credit_limit numeric(38,12) NOT NULL DEFAULT 0 CHECK (credit_limit >= 0),
  is_limited boolean NOT NULL,
  CONSTRAINT balance_within_limit CHECK (NOT is_limited OR posted - held >= -credit_limit)
);

CREATE TABLE ledger_transaction (
  id text PRIMARY KEY,
  at timestamptz NOT NULL,
  kind text NOT NULL CHECK (kind IN ('usage', 'credit')),
  -- What caused it, once: the key that makes posting idempotent.
  source text NOT NULL UNIQUE
);

CREATE TABLE ledger_entry (
  transaction_id text NOT NULL REFERENCES ledger_transaction,
  leg integer NOT NULL,
  account_id text NOT NULL REFERENCES ledger_account,
  amount numeric(38,12) NOT NULL,
  PRIMARY KEY (transaction_id, leg)
);
CREATE INDEX ledger_entry_account ON ledger_entry (account_id);

CREATE FUNCTION check_zero_sum() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(amount) FROM ledger_entry WHERE transaction_id = NEW.id) IS DISTINCT FROM 0 THEN
    RAISE EXCEPTION 'ledger transaction % does not sum to zero', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_transaction_zero_sum AFTER INSERT ON ledger_transaction
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_zero_sum();

-- Entries come with their transaction or not at all: a later one would escape the check above.
CREATE FUNCTION check_entry_of_this_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM new_entries e JOIN ledger_transaction t ON t.id = e.transaction_id
    WHERE t.xmin <> pg_current_xact_id()::xid
  ) THEN
    RAISE EXCEPTION 'a ledger transaction is closed once committed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_entry_same_transaction AFTER INSERT ON ledger_entry
  REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION check_entry_of_this_transaction();

CREATE TRIGGER ledger_transaction_append_only BEFORE UPDATE OR DELETE ON ledger_transaction
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Money set aside before work. `amount` is what is left of it; settling and releasing lower it to zero.
CREATE TABLE hold (
  id text PRIMARY KEY,
  account_id text NOT NULL REFERENCES ledger_account,
  amount numeric(38,12) NOT NULL CHECK (amount >= 0),
  settled numeric(38,12) NOT NULL DEFAULT 0 CHECK (settled >= 0),
  purpose text NOT NULL CHECK (purpose IN ('lease', 'gateway')),
  -- The lease, or the gateway process, that it was made for.
  reference text NOT NULL,
  state text NOT NULL CHECK (state IN ('held', 'released')),
  created_at timestamptz NOT NULL,
  CHECK (state = 'held' OR amount = 0)
);
CREATE INDEX hold_open ON hold (purpose, reference) WHERE state = 'held';
