-- Supply, and every claim on it.

CREATE TABLE site (
  name text PRIMARY KEY,
  region text NOT NULL,
  jurisdiction text NOT NULL,
  ownership text NOT NULL CHECK (ownership IN ('owned', 'leased', 'resold')),
  pue double precision NOT NULL CHECK (pue >= 1),
  power_usd_per_kwh numeric(38,12) NOT NULL CHECK (power_usd_per_kwh >= 0),
  power_cap_kw double precision
);

CREATE TABLE pool (
  name text PRIMARY KEY,
  site_name text NOT NULL REFERENCES site,
  accelerator text NOT NULL,
  accelerator_kind text NOT NULL CHECK (accelerator_kind IN ('gpu', 'cpu')),
  engine text NOT NULL,
  finding text NOT NULL,
  capex_usd_per_gpu numeric(38,12) NOT NULL CHECK (capex_usd_per_gpu >= 0),
  residual_fraction double precision NOT NULL CHECK (residual_fraction >= 0 AND residual_fraction < 1),
  life_years double precision NOT NULL CHECK (life_years > 0),
  power_kw_per_gpu double precision NOT NULL CHECK (power_kw_per_gpu >= 0),
  idle_power_fraction double precision NOT NULL CHECK (idle_power_fraction >= 0 AND idle_power_fraction <= 1),
  opex_usd_per_gpu_hour numeric(38,12) NOT NULL CHECK (opex_usd_per_gpu_hour >= 0),
  notice_ms_on_demand integer NOT NULL,
  notice_ms_spot integer NOT NULL,
  notice_ms_flex integer NOT NULL
);

-- A node whose slots change is retired and another takes its place, so that past supply stays what it was.
CREATE TABLE node (
  id text PRIMARY KEY,
  pool_name text NOT NULL REFERENCES pool,
  name text NOT NULL,
  slot_count integer NOT NULL CHECK (slot_count > 0),
  state text NOT NULL CHECK (state IN ('ready', 'draining', 'faulty')),
  hardware text NOT NULL,
  active_from timestamptz NOT NULL,
  retired_at timestamptz CHECK (retired_at >= active_from)
);
CREATE UNIQUE INDEX node_active_name ON node (pool_name, name) WHERE retired_at IS NULL;

-- The capacity book. The exclusion constraint is the promise that no slot is sold twice.
CREATE TABLE claim (
  id text PRIMARY KEY,
  node_id text NOT NULL REFERENCES node,
  slots int4multirange NOT NULL CHECK (NOT isempty(slots)),
  kind text NOT NULL CHECK (kind IN ('anchor', 'reserved', 'on_demand', 'spot', 'flex', 'serving', 'maintenance', 'faulty')),
  lease_id text,
  organization_id text,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz CHECK (ends_at >= starts_at),
  -- From here on it is neither free nor usefully sold: being taken back.
  draining_from timestamptz CHECK (draining_from >= starts_at),
  CONSTRAINT claim_no_double_sale EXCLUDE USING gist (
    node_id WITH =, slots WITH &&, tstzrange(starts_at, ends_at) WITH &&
  )
);
CREATE INDEX claim_open ON claim (node_id) WHERE ends_at IS NULL;
CREATE INDEX claim_lease ON claim (lease_id);
CREATE INDEX claim_ended ON claim (node_id, ends_at);
