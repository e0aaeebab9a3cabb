-- When a lease starts again: never, after a reclaim, or after a failure too. Failures are counted, waited after, and
-- bounded; the time that earlier attempts ran counts against the time limit.
ALTER TABLE lease
  ALTER COLUMN requeue TYPE text USING CASE WHEN requeue THEN 'on_reclaim' ELSE 'never' END,
  ADD CONSTRAINT lease_requeue_is_known CHECK (requeue IN ('never', 'on_reclaim', 'on_failure')),
  ADD COLUMN failures_max integer NOT NULL DEFAULT 3 CHECK (failures_max > 0),
  ADD COLUMN failures integer NOT NULL DEFAULT 0,
  ADD COLUMN retry_at timestamptz,
  ADD COLUMN ran_ms bigint NOT NULL DEFAULT 0;
