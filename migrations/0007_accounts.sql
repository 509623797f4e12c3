-- Second factors, sessions that their owner can see and end, and the delay after failed attempts.

-- `stage` says what the session was proven with, or which step it still waits for; a session that
-- waits opens nothing but that step.
ALTER TABLE sessions ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN stage TEXT NOT NULL DEFAULT 'password' CHECK (stage IN ('password', 'factor', 'federated', 'receipt', 'code', 'enrol'));

CREATE TABLE second_factors (
    staff_id TEXT PRIMARY KEY NOT NULL REFERENCES staff (id),
    secret BYTEA NOT NULL,
    last_step BIGINT NOT NULL,
    confirmed_at BIGINT
);

CREATE TABLE recovery_codes (
    code_hash BYTEA PRIMARY KEY NOT NULL,
    staff_id TEXT NOT NULL REFERENCES staff (id)
);

-- The names of both are keyed hashes of who was tried from which network: neither can be read back.
CREATE TABLE throttles (
    bucket BYTEA PRIMARY KEY NOT NULL,
    failures BIGINT NOT NULL,
    counted_at BIGINT NOT NULL,
    open_at BIGINT NOT NULL
);

CREATE TABLE known_networks (
    bucket BYTEA PRIMARY KEY NOT NULL,
    seen_at BIGINT NOT NULL
);
