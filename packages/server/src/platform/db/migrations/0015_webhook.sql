-- Webhooks: where organizations want to be told what happens to their leases, and what was sent there.

CREATE TABLE webhook (
  id text PRIMARY KEY,
  organization_id text NOT NULL REFERENCES organization,
  -- Of the operator, who may have it at a private address.
  is_operators boolean NOT NULL,
  -- 'fleet': told of the leases of every organization. For the operator.
  scope text NOT NULL CHECK (scope IN ('organization', 'fleet')),
  url text NOT NULL,
  description text NOT NULL,
  events text[] NOT NULL CHECK (cardinality(events) > 0),
  state text NOT NULL CHECK (state IN ('enabled', 'failing', 'gone')),
  -- Sealed under the installation's pepper: signing needs the secret itself.
  sealed_secret text NOT NULL,
  -- After a rotation, the secret before it signs too until then.
  sealed_previous_secret text,
  previous_secret_until timestamptz,
  created_at timestamptz NOT NULL,
  failing_since timestamptz,
  last_delivered_at timestamptz,
  CHECK ((sealed_previous_secret IS NULL) = (previous_secret_until IS NULL))
);
CREATE INDEX webhook_organization ON webhook (organization_id, created_at);

CREATE TABLE webhook_delivery (
  id text PRIMARY KEY,
  webhook_id text NOT NULL REFERENCES webhook ON DELETE CASCADE,
  -- The same for every endpoint and every try of one event.
  message_id text NOT NULL,
  type text NOT NULL,
  lease_id text,
  attempt integer,
  -- The bytes that are sent, made once, so that every try is the same message.
  body text NOT NULL,
  lane text NOT NULL CHECK (lane IN ('urgent', 'usual')),
  state text NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  next_attempt_at timestamptz,
  -- When a notice has missed its purpose: the stop of its lease.
  deadline_at timestamptz,
  -- What of a notice stands in the lease's timeline already.
  recorded text CHECK (recorded IN ('delivered', 'failed')),
  last_attempt_at timestamptz,
  delivered_at timestamptz,
  last_status integer,
  last_failure text,
  -- One event makes one delivery for each endpoint, whatever crashes.
  UNIQUE (webhook_id, message_id),
  CHECK ((state = 'pending') = (next_attempt_at IS NOT NULL)),
  CHECK ((state = 'delivered') <= (delivered_at IS NOT NULL))
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, lane, next_attempt_at) WHERE state = 'pending';
CREATE INDEX webhook_delivery_created ON webhook_delivery (created_at);

-- Up to where the events were turned into deliveries; moved in the transaction that inserts these.
CREATE TABLE webhook_cursor (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  position text NOT NULL
);
