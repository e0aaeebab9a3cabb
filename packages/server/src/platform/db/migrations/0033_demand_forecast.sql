-- What was forecast of the owner's demand, kept so that it can be held against what came, and what was promised by it.
-- A row is never changed: a forecast that is corrected afterwards would prove nothing.
CREATE TABLE demand_forecast (
  pool_name text NOT NULL,
  -- The hour that had just passed: the forecast is of the hours after it.
  hour timestamptz NOT NULL,
  horizon_hours integer NOT NULL CHECK (horizon_hours > 0),
  capacity_gpus integer NOT NULL CHECK (capacity_gpus >= 0),
  -- The peak at fixed levels, rising.
  peak double precision[] NOT NULL,
  fallback text CHECK (fallback IN ('no_history', 'little_history', 'low_confidence')),
  -- What the seller would promise for these hours; null where it promises nothing of the kind.
  offered_gpus double precision,
  PRIMARY KEY (pool_name, hour, horizon_hours)
);
CREATE INDEX demand_forecast_hour ON demand_forecast (hour);
