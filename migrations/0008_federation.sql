-- Signing in through an organisation's own provider (OpenID Connect). Who somebody is at a provider is
-- kept as a keyed hash of issuer and subject only: some providers' subjects are personal identity numbers.

-- A sign-in under way: it lasts ten minutes, is used once and is bound to the browser that began it.
-- Nonce and verifier are not here: both are derived from what the browser holds and a key.
CREATE TABLE sign_ins (
    state_hash BYTEA PRIMARY KEY NOT NULL,
    browser_hash BYTEA NOT NULL,
    provider TEXT NOT NULL,
    begun_at BIGINT NOT NULL
);

-- Which identity opens which account. Made by an administrator, never by a sign-in.
CREATE TABLE federated_identities (
    id TEXT PRIMARY KEY NOT NULL,
    identity_hash BYTEA NOT NULL UNIQUE,
    issuer TEXT NOT NULL,
    staff_id TEXT NOT NULL REFERENCES staff (id),
    linked_at BIGINT NOT NULL
);

CREATE INDEX federated_identities_by_staff ON federated_identities (staff_id);

-- Identities that came to the door and open nothing yet, under the code that their page shows.
CREATE TABLE pending_identities (
    code TEXT PRIMARY KEY NOT NULL,
    identity_hash BYTEA NOT NULL,
    issuer TEXT NOT NULL,
    seen_at BIGINT NOT NULL
);

-- Which sessions came from a provider: to end them with the link, and to say where else to log out.
CREATE TABLE federated_sessions (
    token_hash BYTEA PRIMARY KEY NOT NULL REFERENCES sessions (token_hash) ON DELETE CASCADE ON UPDATE CASCADE,
    identity_id TEXT NOT NULL REFERENCES federated_identities (id),
    provider TEXT NOT NULL
);

CREATE INDEX federated_sessions_by_identity ON federated_sessions (identity_id);
