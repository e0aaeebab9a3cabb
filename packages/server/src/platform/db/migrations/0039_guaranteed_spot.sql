-- Spot that is sold with a promise of some hours: its orders clear in windows of their own, beside those of plain spot.
ALTER TABLE market_order
  ADD COLUMN guarantee_hours integer NOT NULL DEFAULT 0 CHECK (guarantee_hours >= 0),
  ADD CHECK (guarantee_hours = 0 OR tier = 'spot');
ALTER TABLE clearing
  ADD COLUMN guarantee_hours integer NOT NULL DEFAULT 0 CHECK (guarantee_hours >= 0),
  DROP CONSTRAINT clearing_pool_name_window_ends_at_key,
  ADD UNIQUE (pool_name, window_ends_at, guarantee_hours);
