-- How the engine of a pool keeps customers apart, as it found at the last look: where it cannot, they may not lease.
-- {"kind": "sandbox" | "accounts" | "none" | "owner_only", "text": "…"}
ALTER TABLE pool
  ADD COLUMN isolation jsonb NOT NULL
    DEFAULT '{"kind": "accounts", "text": "the accounts of its engine keep customers apart"}'
    CHECK (isolation ? 'kind' AND isolation ? 'text');
