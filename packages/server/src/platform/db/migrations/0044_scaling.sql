-- How many replicas a deployment may have and when that changes; replicas drain before they go; what was measured of
-- deployments, what their replicas bid by it, and what was decided is kept, so that each move can be explained.
ALTER TABLE deployment
  ADD COLUMN policy text NOT NULL DEFAULT 'fixed' CHECK (policy IN ('fixed', 'autoscale')),
  ADD COLUMN replicas_min integer NOT NULL DEFAULT 0 CHECK (replicas_min >= 0),
  ADD COLUMN replicas_max integer NOT NULL DEFAULT 0,
  ADD COLUMN idle_ms integer NOT NULL DEFAULT 300000 CHECK (idle_ms >= 0),
  ADD COLUMN steady_ms integer NOT NULL DEFAULT 120000 CHECK (steady_ms >= 0),
  ADD COLUMN band_ppm integer NOT NULL DEFAULT 100000 CHECK (band_ppm >= 0 AND band_ppm < 1000000),
  -- What the fleet file said of this last: what an operator changed stands until the file says something else.
  ADD COLUMN declared jsonb;
UPDATE deployment SET replicas_min = replicas_wanted, replicas_max = replicas_wanted;
ALTER TABLE deployment
  ADD CONSTRAINT deployment_bounds CHECK (replicas_min <= replicas_max),
  ADD CONSTRAINT deployment_fixed CHECK (policy = 'autoscale' OR replicas_min = replicas_max);

ALTER TABLE replica DROP CONSTRAINT replica_state_check;
ALTER TABLE replica
  ADD CONSTRAINT replica_state_check CHECK (state IN ('starting', 'ready', 'draining', 'backing_off', 'stopped')),
  -- Gets no new request since then, and ends when those under way are answered, or its time for that is over.
  ADD COLUMN draining_since timestamptz,
  ADD CONSTRAINT replica_draining CHECK ((state = 'draining') = (draining_since IS NOT NULL));

-- How long replicas took from being asked for until they served: for room, and for themselves.
CREATE TABLE replica_start (
  lease_id text PRIMARY KEY,
  deployment_id text NOT NULL REFERENCES deployment ON DELETE CASCADE,
  ready_at timestamptz NOT NULL,
  waited_ms integer NOT NULL CHECK (waited_ms >= 0),
  loaded_ms integer NOT NULL CHECK (loaded_ms >= 0)
);
CREATE INDEX replica_start_deployment ON replica_start (deployment_id, ready_at DESC);

-- Requests that a gateway holds for a model without replicas. A gateway that says nothing any more holds none.
CREATE TABLE held_request (
  model_name text NOT NULL,
  writer text NOT NULL,
  requests integer NOT NULL CHECK (requests >= 0),
  at timestamptz NOT NULL,
  PRIMARY KEY (model_name, writer)
);

-- One look at a deployment: what was measured since the one before, the bids, the prices, and what was decided.
CREATE TABLE replica_bid (
  deployment_id text NOT NULL REFERENCES deployment ON DELETE CASCADE,
  at timestamptz NOT NULL,
  span_ms integer NOT NULL CHECK (span_ms > 0),
  requests double precision NOT NULL CHECK (requests >= 0),
  tokens_per_second double precision NOT NULL CHECK (tokens_per_second >= 0),
  -- Of a replica while it worked; null where none did.
  pace double precision CHECK (pace > 0),
  places integer NOT NULL CHECK (places > 0),
  -- In replicas.
  demand double precision NOT NULL CHECK (demand >= 0),
  replicas_ready integer NOT NULL CHECK (replicas_ready >= 0),
  is_whole boolean NOT NULL,
  idle_since timestamptz,
  -- USD per GPU-hour. Null: nobody knows.
  full_earning numeric(38,12),
  energy numeric(38,12) NOT NULL,
  -- Of each replica, by number.
  bids jsonb NOT NULL,
  bid_next numeric(38,12),
  ask numeric(38,12) NOT NULL,
  ask_basis text NOT NULL CHECK (ask_basis IN ('reserve', 'demand')),
  sell numeric(38,12) NOT NULL,
  sell_basis text NOT NULL CHECK (sell_basis IN ('reserve', 'demand')),
  stance text NOT NULL CHECK (stance IN ('above', 'below', 'within')),
  stance_since timestamptz NOT NULL,
  replicas_from integer NOT NULL CHECK (replicas_from >= 0),
  replicas_to integer NOT NULL CHECK (replicas_to >= 0),
  why text NOT NULL,
  text text NOT NULL,
  PRIMARY KEY (deployment_id, at)
);
CREATE INDEX replica_bid_moves ON replica_bid (deployment_id, at DESC) WHERE replicas_from <> replicas_to;
CREATE INDEX replica_bid_at ON replica_bid (at);
