-- Several readings may find a fault in one slot, and each takes back only what it found itself. One whose witness may
-- forget, as a log that is rotated does, keeps when the node's kernel told of it: it stands until the node registered
-- clean after that instant, or somebody resumes the node.
ALTER TABLE slot_fault
  ADD COLUMN reading text NOT NULL DEFAULT 'engine'
    CHECK (reading IN ('engine', 'kernel_log', 'dcgm', 'check')),
  ADD COLUMN seen_boot_id text,
  -- Since that boot; null where the log does not say.
  ADD COLUMN seen_at_seconds double precision CHECK (seen_at_seconds IS NULL OR seen_boot_id IS NOT NULL),
  -- By the operator: the same line of the log does not bring it back.
  ADD COLUMN is_dismissed boolean NOT NULL DEFAULT false CHECK (cleared_at IS NOT NULL OR NOT is_dismissed),
  DROP CONSTRAINT slot_fault_pkey,
  ADD PRIMARY KEY (node_id, slot, reading, since);
DROP INDEX slot_fault_open;
CREATE UNIQUE INDEX slot_fault_open ON slot_fault (node_id, slot, reading) WHERE cleared_at IS NULL;
