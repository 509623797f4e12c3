-- Keys lie apart from what they seal: on SQLite in a file of its own (DATA/keys/keystore.sqlite, attached to
-- every connection as `keystore`), on PostgreSQL in a schema of that name. Each has a backup of its own, so
-- that a restored database does not bring back a key that was destroyed.
--
-- No foreign keys: they cannot reach across files. A key without a subject is swept, a subject without a key is
-- unreadable, and the order of writing (store/keystore.rs) allows only the first by accident.
--
-- `IF EXISTS`, because this file is run again when a crash at the very first start left the database with
-- its tables and the key store without.

DROP TABLE IF EXISTS subject_keys;

-- Every key of a subject, wrapped once for each holder: an organisation that the applicant chose, or the
-- programme itself (`*programme`), which holds the tag keys.
CREATE TABLE keystore.subject_keys (
    subject_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('identity', 'content', 'tag')),
    organisation_id TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    wrapped BYTEA NOT NULL,
    PRIMARY KEY (subject_id, kind, organisation_id),
    UNIQUE (organisation_id, epoch, subject_id, kind)
);

-- The keys that wrap those: one a holder and epoch, sealed under the root key, which is not here.
CREATE TABLE keystore.organisation_keys (
    organisation_id TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'retired', 'destroyed')),
    root_id BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, epoch)
);
