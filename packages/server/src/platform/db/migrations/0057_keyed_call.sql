-- Requests to models that came with an Idempotency-Key: one row a key, and its answer while that is kept.
CREATE TABLE keyed_call (
  -- A keyed hash of who asks and of the key: neither can be read from it.
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES organization,
  request_hash text NOT NULL,
  state text NOT NULL CHECK (state IN ('running', 'answered', 'spent')),
  -- Of one that was charged and has no answer to give.
  why text CHECK (why IN ('broken', 'lost', 'too_large', 'crowded_out')),
  -- What the request is charged as; one a row, so that a key is charged once at most.
  event_id uuid NOT NULL,
  request_id text NOT NULL,
  -- The gateway that is at it.
  writer text NOT NULL,
  sealed text,
  bytes integer NOT NULL DEFAULT 0,
  at timestamptz NOT NULL,
  CHECK ((state = 'answered') = (sealed IS NOT NULL)),
  CHECK ((state = 'spent') = (why IS NOT NULL))
);
CREATE INDEX keyed_call_running ON keyed_call (writer) WHERE state = 'running';
CREATE INDEX keyed_call_answered ON keyed_call (organization_id, at) INCLUDE (bytes) WHERE state = 'answered';
CREATE INDEX keyed_call_at ON keyed_call (at);
