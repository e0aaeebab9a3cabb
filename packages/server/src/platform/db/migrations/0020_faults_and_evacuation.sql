-- A node that is serviced has what runs there taken back, with the notice and the compensation of its terms.
ALTER TABLE reclaim DROP CONSTRAINT reclaim_cause_check;
ALTER TABLE reclaim ADD CONSTRAINT reclaim_cause_check
  CHECK (cause IN ('outranked', 'shrink', 'engine', 'maintenance'));

-- A lease whose GPU is lost is over, and pays for nothing after the GPU was last seen whole.
ALTER TABLE lease
  DROP CONSTRAINT lease_reclaim_reason_check,
  ADD CONSTRAINT lease_reclaim_reason_check
    CHECK (reclaim_reason IN ('reclaimed', 'stopped', 'balance_exhausted', 'time_limit', 'faulty')),
  -- Of the current attempt; null while all of its GPUs answer.
  ADD COLUMN billable_until timestamptz;
