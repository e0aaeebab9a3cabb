-- A lease may be interactive: its command runs in a terminal, to which people attach. It has no port of anybody's choice.
ALTER TABLE lease
  DROP CONSTRAINT lease_mode_check,
  ADD CONSTRAINT lease_mode_check CHECK (mode IN ('job', 'service', 'interactive')),
  -- So long it may be left alone; null: for ever, or it is not interactive.
  ADD COLUMN idle_limit_ms bigint CHECK (idle_limit_ms > 0),
  ADD CONSTRAINT lease_idle_interactive CHECK (mode = 'interactive' OR idle_limit_ms IS NULL);
