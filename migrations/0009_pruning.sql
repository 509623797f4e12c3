-- Cosigned checkpoints that witnesses gave back, and where the log begins after a pruning (gallring).
-- The tiles are made by the migration of the sequenced log; here only where it has not run.

CREATE TABLE IF NOT EXISTS audit_tiles (
    level BIGINT NOT NULL,
    n BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    root BYTEA NOT NULL,
    PRIMARY KEY (level, n)
);

CREATE TABLE audit_cosigned (
    size BIGINT PRIMARY KEY NOT NULL,
    note TEXT NOT NULL
);

CREATE TABLE audit_minimum (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    first_seq BIGINT NOT NULL
);
