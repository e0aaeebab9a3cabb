-- How many differences were ever found, kept as they are entered: cases are kept for good, and a scrape of the figures
-- should not read all of them each time.
CREATE TABLE reconciliation_count (
  pool_name text NOT NULL,
  kind text NOT NULL,
  total bigint NOT NULL CHECK (total > 0),
  PRIMARY KEY (pool_name, kind)
);
INSERT INTO reconciliation_count (pool_name, kind, total)
SELECT pool_name, kind, count(*) FROM reconciliation_case GROUP BY pool_name, kind;
