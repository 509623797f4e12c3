-- One text for SQLite and PostgreSQL. The palette is what both read back alike:
-- TEXT (ids, codes), BIGINT (times in microseconds UTC, counts, 0/1 with CHECK), BYTEA (ciphertext,
-- digests). Every column is classified in dpia/data-map.toml; a test compares the two.

CREATE TABLE organisations (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('kommun', 'kommunalt_bolag'))
);

CREATE TABLE recruitments (
    id TEXT PRIMARY KEY NOT NULL,
    title_sv TEXT NOT NULL,
    title_en TEXT NOT NULL,
    case_number TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    opened_at BIGINT NOT NULL,
    profile_digest TEXT NOT NULL,
    profile_toml TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('round', 'screen')),
    invented BIGINT NOT NULL CHECK (invented IN (0, 1))
);

CREATE TABLE placements (
    id TEXT PRIMARY KEY NOT NULL,
    recruitment_id TEXT NOT NULL REFERENCES recruitments (id),
    slug TEXT NOT NULL,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    title_sv TEXT NOT NULL,
    title_en TEXT NOT NULL,
    UNIQUE (recruitment_id, slug)
);

CREATE TABLE staff (
    id TEXT PRIMARY KEY NOT NULL,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    active BIGINT NOT NULL CHECK (active IN (0, 1))
);

CREATE TABLE memberships (
    id TEXT PRIMARY KEY NOT NULL,
    staff_id TEXT NOT NULL REFERENCES staff (id),
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    role TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_to BIGINT NOT NULL
);

CREATE TABLE subjects (
    id TEXT PRIMARY KEY NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE subject_keys (
    subject_id TEXT NOT NULL REFERENCES subjects (id),
    kind TEXT NOT NULL CHECK (kind IN ('identity', 'content', 'tag')),
    wrapped BYTEA NOT NULL,
    PRIMARY KEY (subject_id, kind)
);

CREATE TABLE applications (
    id TEXT PRIMARY KEY NOT NULL,
    subject_id TEXT NOT NULL REFERENCES subjects (id),
    recruitment_id TEXT NOT NULL REFERENCES recruitments (id),
    label TEXT NOT NULL,
    language TEXT NOT NULL CHECK (language IN ('sv', 'en')),
    state TEXT NOT NULL CHECK (state IN ('submitted', 'held', 'assessed', 'withdrawn')),
    held_reason TEXT,
    ai_free BIGINT NOT NULL CHECK (ai_free IN (0, 1)),
    notice_version TEXT NOT NULL,
    submitted_at BIGINT NOT NULL,
    receipt_hash BYTEA NOT NULL UNIQUE,
    email_index BYTEA NOT NULL,
    UNIQUE (recruitment_id, label)
);

CREATE INDEX applications_by_email ON applications (recruitment_id, email_index);

CREATE TABLE application_placements (
    application_id TEXT NOT NULL REFERENCES applications (id),
    placement_id TEXT NOT NULL REFERENCES placements (id),
    PRIMARY KEY (application_id, placement_id)
);

CREATE TABLE envelopes (
    application_id TEXT NOT NULL REFERENCES applications (id),
    field TEXT NOT NULL CHECK (field IN ('known', 'original', 'pseudonymous', 'assessment')),
    sealed BYTEA NOT NULL,
    sealed_at BIGINT NOT NULL,
    PRIMARY KEY (application_id, field)
);

CREATE TABLE assessments (
    application_id TEXT PRIMARY KEY NOT NULL REFERENCES applications (id),
    profile_digest TEXT NOT NULL,
    model TEXT NOT NULL,
    model_digest TEXT NOT NULL,
    assessed_at BIGINT NOT NULL
);

CREATE TABLE openings (
    application_id TEXT NOT NULL REFERENCES applications (id),
    staff_id TEXT NOT NULL REFERENCES staff (id),
    opened_at BIGINT NOT NULL,
    revealed_at BIGINT,
    PRIMARY KEY (application_id, staff_id)
);

CREATE TABLE marks (
    application_id TEXT NOT NULL REFERENCES applications (id),
    criterion_id TEXT NOT NULL,
    staff_id TEXT NOT NULL REFERENCES staff (id),
    blind TEXT NOT NULL,
    blind_at BIGINT NOT NULL,
    final TEXT NOT NULL,
    final_at BIGINT NOT NULL,
    reason BYTEA,
    PRIMARY KEY (application_id, criterion_id, staff_id)
);

CREATE TABLE decisions (
    id TEXT PRIMARY KEY NOT NULL,
    application_id TEXT NOT NULL REFERENCES applications (id),
    placement_id TEXT NOT NULL REFERENCES placements (id),
    outcome TEXT NOT NULL CHECK (outcome IN ('proceed', 'not_proceed')),
    staff_id TEXT NOT NULL REFERENCES staff (id),
    reason BYTEA NOT NULL,
    decided_at BIGINT NOT NULL,
    UNIQUE (application_id, placement_id)
);

CREATE TABLE rights_requests (
    id TEXT PRIMARY KEY NOT NULL,
    application_id TEXT NOT NULL REFERENCES applications (id),
    kind TEXT NOT NULL CHECK (kind IN ('access', 'erasure', 'ai_free', 'withdrawal')),
    state TEXT NOT NULL CHECK (state IN ('received', 'done')),
    received_at BIGINT NOT NULL,
    due_on TEXT NOT NULL
);

CREATE TABLE sessions (
    token_hash BYTEA PRIMARY KEY NOT NULL,
    membership_id TEXT REFERENCES memberships (id),
    application_id TEXT REFERENCES applications (id),
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    CHECK ((membership_id IS NULL) <> (application_id IS NULL))
);

-- ---- the log: one head row is the write lock, so entries are numbered without gaps -------------

CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    size BIGINT NOT NULL,
    head BYTEA NOT NULL,
    checkpoint TEXT NOT NULL
);

CREATE TABLE audit_entries (
    seq BIGINT PRIMARY KEY NOT NULL,
    leaf BYTEA NOT NULL,
    hash BYTEA NOT NULL
);

CREATE TABLE audit_payloads (
    seq BIGINT PRIMARY KEY NOT NULL,
    sealed BYTEA NOT NULL
);

CREATE TABLE audit_checkpoints (
    size BIGINT PRIMARY KEY NOT NULL,
    note TEXT NOT NULL,
    signed_at BIGINT NOT NULL
);
