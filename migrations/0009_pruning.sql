-- Cosigned checkpoints that witnesses gave back, and where the log begins after a pruning (gallring).
-- The tiles are made by the migration of the sequenced log; here only where it has not run.

CREATE TABLE audit_cosigned (
    size BIGINT PRIMARY KEY NOT NULL,
    note TEXT NOT NULL
);

CREATE TABLE audit_minimum (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    first_seq BIGINT NOT NULL
);
