-- Usage: raw events with their key, and the exact cumulative quantity that rating works on.

CREATE TABLE usage_event (
  id uuid NOT NULL,
  line smallint NOT NULL,
  organization_id text NOT NULL,
  project_id text NOT NULL,
  sku text NOT NULL,
  price_id text NOT NULL,
  -- The lease or the model.
  resource text NOT NULL,
  quantity bigint NOT NULL CHECK (quantity >= 0),
  from_at timestamptz NOT NULL,
  to_at timestamptz NOT NULL CHECK (to_at >= from_at),
  PRIMARY KEY (id, line)
);
CREATE INDEX usage_event_organization ON usage_event (organization_id, to_at);

CREATE TABLE usage_hour (
  organization_id text NOT NULL,
  project_id text NOT NULL,
  sku text NOT NULL,
  price_id text NOT NULL,
  resource text NOT NULL,
  hour timestamptz NOT NULL,
  quantity numeric(38,0) NOT NULL CHECK (quantity >= 0),
  -- Always rate(price, quantity): increments telescope.
  amount numeric(38,12) NOT NULL CHECK (amount >= 0),
  PRIMARY KEY (organization_id, project_id, sku, price_id, resource, hour)
);
CREATE INDEX usage_hour_hour ON usage_hour (hour);
CREATE INDEX usage_hour_resource ON usage_hour (resource);

-- How far each gateway's journal has been shipped, moved in the transaction that posts the events.
CREATE TABLE journal_position (
  writer text PRIMARY KEY,
  segment integer NOT NULL,
  byte_offset bigint NOT NULL,
  is_closed boolean NOT NULL DEFAULT false,
  at timestamptz NOT NULL
);
