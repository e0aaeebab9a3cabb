-- A gang may ask for nodes of one fabric; it waits rather than be spread over several.
ALTER TABLE lease ADD COLUMN fabric text NOT NULL DEFAULT 'any' CHECK (fabric IN ('same', 'any'));
