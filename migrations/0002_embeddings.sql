-- The model's vectors of an application's passages, sealed with its content key. They spare a second
-- reading of unchanged text and are deleted within a day of the assessment.

CREATE TABLE embeddings (
    application_id TEXT PRIMARY KEY NOT NULL REFERENCES applications (id),
    sealed BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX embeddings_by_expiry ON embeddings (expires_at);
