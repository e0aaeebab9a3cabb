-- Forecasts of the work of single organizations on a pool, beside those of the pool, kept as they were made.
CREATE TABLE team_forecast (
  pool_name text NOT NULL,
  organization_id text NOT NULL REFERENCES organization,
  -- The hour that had just passed: the forecast is of the hours after it.
  hour timestamptz NOT NULL,
  horizon_hours integer NOT NULL CHECK (horizon_hours > 0),
  capacity_gpus integer NOT NULL CHECK (capacity_gpus >= 0),
  -- The peak at fixed levels, rising.
  peak double precision[] NOT NULL,
  fallback text CHECK (fallback IN ('no_history', 'little_history', 'low_confidence')),
  PRIMARY KEY (pool_name, organization_id, hour, horizon_hours)
);
CREATE INDEX team_forecast_hour ON team_forecast (hour);
