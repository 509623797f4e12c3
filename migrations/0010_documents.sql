-- Files that applicants hand in. Until the application is sent they lie in a draft, sealed with a key made of
-- a secret that only the applicant's browser has: nobody at the service can open it, and without the secret it
-- is unreadable. A draft is deleted when it is sent, and a day after it was last changed.

CREATE TABLE drafts (
    token_hash BYTEA PRIMARY KEY NOT NULL,
    recruitment_id TEXT NOT NULL REFERENCES recruitments (id),
    form BYTEA NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE INDEX drafts_by_age ON drafts (changed_at);

-- The original is stored before anything reads it; what came of the reading follows.
CREATE TABLE draft_files (
    token_hash BYTEA NOT NULL REFERENCES drafts (token_hash),
    place TEXT NOT NULL CHECK (place IN ('letter', 'cv')),
    mark BYTEA NOT NULL,
    original BYTEA NOT NULL,
    reading BYTEA,
    PRIMARY KEY (token_hash, place)
);

-- Of an application: original and reading under its identity key, what reviewers are told about the file
-- (kind, pages, how many words cannot be seen) under its content key. The mark is a keyed digest of the file.
CREATE TABLE documents (
    application_id TEXT NOT NULL REFERENCES applications (id),
    place TEXT NOT NULL CHECK (place IN ('letter', 'cv')),
    mark BYTEA NOT NULL,
    original BYTEA NOT NULL,
    reading BYTEA NOT NULL,
    told BYTEA NOT NULL,
    PRIMARY KEY (application_id, place)
);

CREATE INDEX documents_by_mark ON documents (mark);
