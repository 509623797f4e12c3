-- Erasure (gallring, GDPR Art. 17). What is left of an erased application is an empty shell under new ids, so
-- that counts hold and nothing outside, such as an address in a browser's history, leads to it.

-- One row an erasure, for ever: the mark is a keyed hash of the subject's id, by which a restored backup is
-- searched. The two ids stand here only until the erasure is finished.
CREATE TABLE erasures (
    mark BYTEA PRIMARY KEY NOT NULL,
    application_id TEXT,
    subject_id TEXT,
    ground TEXT NOT NULL CHECK (ground IN ('request', 'expired', 'misdirected', 'unlawful', 'invented')),
    begun_at BIGINT NOT NULL,
    finished_at BIGINT,
    entry BIGINT
);

CREATE INDEX erasures_unfinished ON erasures (finished_at);

-- Which applications are shells.
CREATE TABLE shells (
    application_id TEXT PRIMARY KEY NOT NULL REFERENCES applications (id)
);

-- How a request for erasure was answered. The reason is sealed with the applicant's tag key and goes with it.
CREATE TABLE rights_answers (
    request_id TEXT PRIMARY KEY NOT NULL REFERENCES rights_requests (id),
    outcome TEXT NOT NULL CHECK (outcome IN ('erased', 'refused')),
    reason BYTEA,
    staff_id TEXT REFERENCES staff (id),
    answered_at BIGINT NOT NULL
);
