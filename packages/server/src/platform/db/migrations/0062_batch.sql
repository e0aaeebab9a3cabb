-- Files of projects, and batches: requests that have a day, answered from capacity that nobody else uses. What a line
-- came to, and what it cost, commit together, so that each line is charged once wherever a process dies.
CREATE TABLE file (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES organization,
  project_id text NOT NULL REFERENCES project,
  purpose text NOT NULL CHECK (purpose IN ('batch', 'batch_output')),
  name text NOT NULL,
  size bigint NOT NULL DEFAULT 0 CHECK (size >= 0),
  -- One that is still coming is seen by nobody.
  state text NOT NULL CHECK (state IN ('uploading', 'ready')),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX file_project ON file (project_id, id);
CREATE INDEX file_expires_at ON file (expires_at);

-- Every chunk but the last has one MiB, so that a place in the file names its chunk.
CREATE TABLE file_chunk (
  file_id text NOT NULL REFERENCES file ON DELETE CASCADE,
  ordinal integer NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (file_id, ordinal)
);
-- Parts of a chunk are read without the whole.
ALTER TABLE file_chunk ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE batch (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES organization,
  project_id text NOT NULL REFERENCES project,
  -- Who asked for it, as known then: lines are asked in its name.
  principal jsonb NOT NULL,
  endpoint text NOT NULL,
  -- Of all its lines; null until they are read.
  model text,
  input_file_id text NOT NULL,
  output_file_id text,
  error_file_id text,
  metadata jsonb,
  state text NOT NULL CHECK (state IN ('validating', 'failed', 'in_progress', 'finalizing', 'completed', 'expired',
    'cancelling', 'cancelled')),
  -- What is wrong with its file.
  faults jsonb NOT NULL DEFAULT '[]',
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  started_at timestamptz,
  finalizing_at timestamptz,
  cancelling_at timestamptz,
  ended_at timestamptz,
  -- Of lines; what is counted while it runs is counted from them.
  total integer NOT NULL DEFAULT 0,
  completed integer NOT NULL DEFAULT 0,
  failed integer NOT NULL DEFAULT 0,
  input_tokens bigint NOT NULL DEFAULT 0,
  cached_tokens bigint NOT NULL DEFAULT 0,
  output_tokens bigint NOT NULL DEFAULT 0,
  reasoning_tokens bigint NOT NULL DEFAULT 0
);
CREATE INDEX batch_project ON batch (project_id, id);
CREATE INDEX batch_open ON batch (id) WHERE state IN ('validating', 'in_progress', 'finalizing', 'cancelling');

CREATE TABLE batch_line (
  batch_id text NOT NULL REFERENCES batch ON DELETE CASCADE,
  -- As in the file, from 1.
  number integer NOT NULL,
  custom_id text NOT NULL,
  -- Where it lies in the input file.
  byte_offset bigint NOT NULL,
  byte_length integer NOT NULL,
  state text NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'running', 'done', 'failed', 'expired', 'cancelled')),
  -- How often servers failed it.
  failures smallint NOT NULL DEFAULT 0,
  -- Who answers it, or did; nobody else's answer counts.
  claim text,
  claimed_until timestamptz,
  -- Its line of the results or of the errors; moves there at the end.
  result text,
  input_tokens integer NOT NULL DEFAULT 0,
  cached_tokens integer NOT NULL DEFAULT 0,
  output_tokens integer NOT NULL DEFAULT 0,
  reasoning_tokens integer NOT NULL DEFAULT 0,
  PRIMARY KEY (batch_id, number),
  CONSTRAINT batch_line_custom_id UNIQUE (batch_id, custom_id),
  CHECK (state <> 'running' OR (claim IS NOT NULL AND claimed_until IS NOT NULL))
);
CREATE INDEX batch_line_open ON batch_line (batch_id, number) WHERE state IN ('waiting', 'running');
CREATE INDEX batch_line_claim ON batch_line (claim) WHERE state = 'running';

-- Gateways look for lines when a batch begins, and stop when it ends.
CREATE FUNCTION notify_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('spillway_batch', NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER batch_notify AFTER INSERT OR UPDATE OF state ON batch
  FOR EACH ROW EXECUTE FUNCTION notify_batch();
