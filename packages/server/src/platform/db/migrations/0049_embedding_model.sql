-- A model that makes embeddings answers nothing else, so what may be asked of it is known before its server is asked.
ALTER TABLE model ADD COLUMN is_embedding boolean NOT NULL DEFAULT false;
