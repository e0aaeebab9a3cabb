-- The market asks after each of its cycles which leases were ever told of a risk: mostly none, among all that ever were.
CREATE INDEX lease_risk_told ON lease (id) WHERE risk_told_at IS NOT NULL;
