-- The number of an erasure's receipt is known only after its commit, so a crash in between left the tombstone without
-- it. The entry's id is known before: it stands here from the commit until the number is noted.
ALTER TABLE erasures ADD COLUMN event BYTEA;
