-- Work that the engine runs without having been asked is a lease of kind anchor: it has slots, a timeline, a place in
-- the books. Spillway neither starts nor stops it, and knows it by the engine's name for the run.
ALTER TABLE lease
  ADD COLUMN engine_run text,
  ADD CONSTRAINT lease_engine_run_is_anchor CHECK (engine_run IS NULL OR kind = 'anchor');
CREATE UNIQUE INDEX lease_engine_run ON lease (pool_name, engine_run)
  WHERE engine_run IS NOT NULL AND state <> 'ended';

-- What the owner's people run and wait for, over time: what the forecast is made from.
CREATE TABLE anchor_demand (
  pool_name text NOT NULL,
  at timestamptz NOT NULL,
  running_gpus integer NOT NULL CHECK (running_gpus >= 0),
  pending_gpus integer NOT NULL CHECK (pending_gpus >= 0),
  running_jobs integer NOT NULL,
  pending_jobs integer NOT NULL,
  PRIMARY KEY (pool_name, at)
);
