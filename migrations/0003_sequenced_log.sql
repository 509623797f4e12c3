-- The log is sequenced: a change keeps its entry unnumbered in `audit_pending`, in its own transaction;
-- one sequencer at a time numbers what waits, signs, and moves it to `audit_entries`. Entries get a
-- random id, by which the one who waits finds the number, and which makes numbering twice impossible.

DROP TABLE audit_payloads;
DROP TABLE audit_entries;

CREATE TABLE audit_pending (
    event BYTEA PRIMARY KEY NOT NULL,
    happened_at BIGINT NOT NULL,
    leaf BYTEA NOT NULL,
    sealed BYTEA NOT NULL
);

CREATE TABLE audit_entries (
    seq BIGINT PRIMARY KEY NOT NULL,
    event BYTEA NOT NULL UNIQUE,
    leaf BYTEA NOT NULL,
    hash BYTEA NOT NULL
);

CREATE TABLE audit_payloads (
    seq BIGINT PRIMARY KEY NOT NULL,
    sealed BYTEA NOT NULL
);

-- Complete tiles of the tree (C2SP tlog-tiles): 256 hashes of one level, and their root, which is one
-- hash of the level above.
CREATE TABLE audit_tiles (
    level BIGINT NOT NULL,
    n BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    root BYTEA NOT NULL,
    PRIMARY KEY (level, n)
);

-- Who may read entries now: reading needs a category and a reason (sealed in the entry that tells of it),
-- and lasts an hour.
CREATE TABLE log_openings (
    membership_id TEXT PRIMARY KEY NOT NULL REFERENCES memberships (id),
    category TEXT NOT NULL,
    opened_at BIGINT NOT NULL
);
