-- What a key may be kept to, and keys that take another's place. Null: not kept to anything.
ALTER TABLE api_key
  ADD COLUMN scopes text[] CHECK (scopes <@ ARRAY['inference', 'read', 'manage'] AND cardinality(scopes) > 0),
  ADD COLUMN models text[] CHECK (cardinality(models) > 0),
  ADD COLUMN networks text[] CHECK (cardinality(networks) > 0),
  -- After it the key is refused. Rotation sets it on the key that is replaced.
  ADD COLUMN expires_at timestamptz,
  ADD COLUMN replaced_by text REFERENCES api_key;

-- Gateways look again also where a key is to end sooner.
DROP TRIGGER api_key_notify ON api_key;
CREATE TRIGGER api_key_notify AFTER INSERT OR UPDATE OF revoked_at, expires_at ON api_key
  FOR EACH ROW EXECUTE FUNCTION notify_api_key();
