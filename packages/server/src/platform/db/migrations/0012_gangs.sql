-- A lease may span nodes: what it has is a list of placements, one a node, and all of it starts or nothing does.
-- Nodes know their rack and their fabric, because gangs are placed by them and people look for them there.
ALTER TABLE lease
  ADD COLUMN nodes integer NOT NULL DEFAULT 1 CHECK (nodes > 0),
  -- [{"nodeId": "nod_…", "slots": [0, 1]}], of the current attempt.
  ADD COLUMN placements jsonb NOT NULL DEFAULT '[]';
UPDATE lease
  SET placements = jsonb_build_array(jsonb_build_object('nodeId', node_id, 'slots', to_jsonb(slots)))
  WHERE node_id IS NOT NULL;
ALTER TABLE lease ALTER COLUMN nodes DROP DEFAULT, DROP COLUMN node_id, DROP COLUMN slots;
ALTER TABLE lease
  ADD CONSTRAINT lease_with_slots_is_placed
    CHECK (state NOT IN ('starting', 'running', 'reclaiming') OR placements <> '[]'),
  ADD CONSTRAINT lease_gang_is_even CHECK (gpus % nodes = 0);

ALTER TABLE node ADD COLUMN rack text, ADD COLUMN fabric text;
