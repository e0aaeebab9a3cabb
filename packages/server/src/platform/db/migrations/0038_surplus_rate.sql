-- How much of each promise a pool sells: less where many broke, more again where few did and somebody waits. Each follows
-- from the last, so that it has to be kept; a row is never changed.
CREATE TABLE surplus_rate (
  pool_name text NOT NULL,
  -- From this hour on.
  hour timestamptz NOT NULL,
  eta double precision NOT NULL CHECK (eta > 0 AND eta <= 1),
  promises integer NOT NULL CHECK (promises >= 0),
  breaches integer NOT NULL CHECK (breaches BETWEEN 0 AND promises),
  head_wait_ms bigint NOT NULL CHECK (head_wait_ms >= 0),
  PRIMARY KEY (pool_name, hour)
);
CREATE TRIGGER surplus_rate_append_only BEFORE UPDATE OR DELETE ON surplus_rate
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
