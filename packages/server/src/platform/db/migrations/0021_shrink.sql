-- Room is taken back before the owner's demand arrives.
-- The trend of that demand is read from the claims that ended lately, beside the open ones.
CREATE INDEX claim_anchor_ended ON claim (ends_at) WHERE kind = 'anchor' AND ends_at IS NOT NULL;
CREATE INDEX lease_at_risk ON lease (id) WHERE risk_at IS NOT NULL;
