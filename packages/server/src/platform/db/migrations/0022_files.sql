-- Files of a lease: what it fetches and sends (addresses are sealed, hosts are told), how much it may leave, and when
-- what it left was removed.
ALTER TABLE lease
  -- {"inputs": [{"path": "data", "host": "store.example"}], "outputs": [], "artifactsBytesMax": 1}
  ADD COLUMN files jsonb NOT NULL DEFAULT '{"inputs": [], "outputs": [], "artifactsBytesMax": 10737418240}',
  ADD COLUMN files_discarded_at timestamptz;
CREATE INDEX lease_files_kept ON lease (ended_at) WHERE state = 'ended' AND files_discarded_at IS NULL;
