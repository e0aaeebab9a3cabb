-- A server of somebody else is on the public internet unless the operator says that it may be in a private network.
-- Those that were declared before nobody was asked go on being reached wherever they are.
ALTER TABLE upstream ADD COLUMN allows_private_network boolean NOT NULL DEFAULT true;
ALTER TABLE upstream ALTER COLUMN allows_private_network SET DEFAULT false;
ALTER TABLE deployment ADD COLUMN allows_private_network boolean NOT NULL DEFAULT true;
ALTER TABLE deployment ALTER COLUMN allows_private_network SET DEFAULT false;

-- Servers that gateways ask last, because too many of their tries failed: a row for each gateway that does.
CREATE TABLE route_breaker (
  server_id text NOT NULL,
  writer text NOT NULL,
  -- Of one model that it answers for.
  model_name text NOT NULL,
  opened_at timestamptz NOT NULL,
  -- From then on single requests probe it.
  open_until timestamptz NOT NULL,
  PRIMARY KEY (server_id, writer)
);

-- Of a deployment whose replicas are servers of somebody else's making, vLLM or SGLang: how they are started. Null: ours.
ALTER TABLE deployment ADD COLUMN server jsonb;
