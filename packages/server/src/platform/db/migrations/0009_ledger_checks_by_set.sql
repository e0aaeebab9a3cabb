-- The ledger's checks, once a statement instead of once a row: a batch posts thousands of entries, and checking each by
-- itself cost more than posting them. What is promised stays: entries sum to zero, belong to accounts and transactions
-- that exist, and come with their transaction or not at all. New: a transaction and its entries come in one statement.

DROP TRIGGER ledger_transaction_zero_sum ON ledger_transaction;
DROP FUNCTION check_zero_sum();
DROP TRIGGER ledger_entry_same_transaction ON ledger_entry;
DROP FUNCTION check_entry_of_this_transaction();
ALTER TABLE ledger_entry
  DROP CONSTRAINT ledger_entry_transaction_id_fkey,
  DROP CONSTRAINT ledger_entry_account_id_fkey;

-- Without sequential scans, because a plan that was made when the tables were small is kept when they no longer are.
CREATE FUNCTION check_new_entries() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  wrong text;
  transactions text[];
  accounts text[];
BEGIN
  SELECT min(transaction_id) INTO wrong FROM (
    SELECT transaction_id FROM new_entries GROUP BY transaction_id HAVING sum(amount) <> 0
  ) unbalanced;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'ledger transaction % does not sum to zero', wrong USING ERRCODE = 'check_violation';
  END IF;
  SELECT array_agg(DISTINCT transaction_id), array_agg(DISTINCT account_id) INTO transactions, accounts
  FROM new_entries;
  IF (SELECT count(*) FROM ledger_account WHERE id = ANY (accounts)) < cardinality(accounts) THEN
    RAISE EXCEPTION 'a ledger entry is of an account that does not exist' USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF (SELECT count(*) FROM ledger_transaction WHERE id = ANY (transactions)) < cardinality(transactions) THEN
    RAISE EXCEPTION 'a ledger entry is of a transaction that does not exist' USING ERRCODE = 'foreign_key_violation';
  END IF;
  -- Entries come with their transaction: a later one would change what is closed.
  IF EXISTS (
    SELECT FROM ledger_transaction
    WHERE id = ANY (transactions) AND xmin <> pg_current_xact_id()::xid
  ) THEN
    RAISE EXCEPTION 'a ledger transaction is closed once committed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_entry_checked AFTER INSERT ON ledger_entry
  REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION check_new_entries();

CREATE FUNCTION check_new_transactions() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  transactions text[];
BEGIN
  SELECT array_agg(id) INTO transactions FROM new_transactions;
  IF (SELECT count(DISTINCT transaction_id) FROM ledger_entry WHERE transaction_id = ANY (transactions))
    < cardinality(transactions)
  THEN
    RAISE EXCEPTION 'a ledger transaction comes with entries that sum to zero' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_transaction_checked AFTER INSERT ON ledger_transaction
  REFERENCING NEW TABLE AS new_transactions FOR EACH STATEMENT EXECUTE FUNCTION check_new_transactions();

-- What entries refer to stays.
CREATE TRIGGER ledger_account_append_only BEFORE UPDATE OR DELETE ON ledger_account
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_account_not_truncated BEFORE TRUNCATE ON ledger_account
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_transaction_not_truncated BEFORE TRUNCATE ON ledger_transaction
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entry_not_truncated BEFORE TRUNCATE ON ledger_entry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
