-- Only what is to be looked at sooner is told. A step that says when it wants to be looked at again is told to nobody:
-- its runner knows, and every commit that tells something waits for all others that do.
DROP TRIGGER strand_notify ON strand;
CREATE TRIGGER strand_made AFTER INSERT ON strand FOR EACH ROW EXECUTE FUNCTION notify_strand();
CREATE TRIGGER strand_woken AFTER UPDATE ON strand FOR EACH ROW
  WHEN (NEW.wake_at < OLD.wake_at) EXECUTE FUNCTION notify_strand();

-- Holds are compared with the nodes often, and are few among the claims.
CREATE INDEX claim_without_lease ON claim (node_id) WHERE ends_at IS NULL AND lease_id IS NULL;
