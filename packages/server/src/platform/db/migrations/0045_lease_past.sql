-- How long leases of a pool ran of late, and what was asked of it: what the expected start of those that wait is made from.
CREATE INDEX lease_ended ON lease (pool_name, ended_at DESC) WHERE state = 'ended';
CREATE INDEX lease_asked ON lease (pool_name, created_at DESC);
