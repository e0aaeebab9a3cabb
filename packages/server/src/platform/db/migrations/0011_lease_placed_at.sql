-- When the current attempt of a lease got its slots: the earliest instant at which it can be said to be gone.
ALTER TABLE lease ADD COLUMN placed_at timestamptz;
