-- A block can be cancelled before it begins, by a rule that the owner publishes. The rule in force when a block is bought
-- stays with it: what was agreed is not changed afterwards.
CREATE TABLE block_policy (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Cancelled at least so long before its start, a block costs nothing.
  free_hours integer NOT NULL CHECK (free_hours BETWEEN 0 AND 1344),
  -- Later, until its start, so much of its price is charged.
  fee_percent integer NOT NULL CHECK (fee_percent BETWEEN 0 AND 100),
  set_at timestamptz NOT NULL
);
CREATE TRIGGER block_policy_append_only BEFORE UPDATE OR DELETE ON block_policy
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE block
  -- Null: bought before there was a rule; it cannot be cancelled.
  ADD COLUMN free_hours integer CHECK (free_hours BETWEEN 0 AND 1344),
  ADD COLUMN fee_percent integer CHECK (fee_percent BETWEEN 0 AND 100),
  -- What cancelling it cost.
  ADD COLUMN fee_usd numeric(38,12) CHECK (fee_usd >= 0),
  ADD CHECK ((free_hours IS NULL) = (fee_percent IS NULL));
ALTER TABLE block DROP CONSTRAINT block_state_check;
ALTER TABLE block
  ADD CONSTRAINT block_state_check
    CHECK (state IN ('scheduled', 'active', 'ended', 'unavailable', 'cancelled')),
  ADD CHECK ((state = 'cancelled') = (fee_usd IS NOT NULL));
