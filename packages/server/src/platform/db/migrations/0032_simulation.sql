-- Simulations: what was asked for, how far it is, and what came out. The plan is all that a run needs, so that one that
-- was cut off is run again from it, and comes to the same.

CREATE TABLE simulation (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES organization,
  name text NOT NULL,
  state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  -- From 0 to 1.
  progress double precision NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
  scenario text NOT NULL,
  plan jsonb NOT NULL,
  notes jsonb NOT NULL,
  result jsonb,
  failure text,
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  ended_at timestamptz,
  CHECK ((state = 'done') = (result IS NOT NULL)),
  CHECK ((state = 'failed') = (failure IS NOT NULL)),
  CHECK ((state IN ('done', 'failed', 'cancelled')) = (ended_at IS NOT NULL))
);
CREATE INDEX simulation_organization ON simulation (organization_id, created_at DESC);
