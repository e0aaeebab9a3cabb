-- A lease may run from a container image. A tag is resolved once for each attempt; what it was found to be is kept beside
-- it, so that an attempt that begins again after a crash begins with the same.
ALTER TABLE lease ADD COLUMN image text, ADD COLUMN image_digest text;
