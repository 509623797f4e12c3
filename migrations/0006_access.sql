-- Conflicts of interest, legal holds and emergency access. What staff write is sealed with the applicant's tag
-- key, which also seals the details of the log: nobody needs the key of the application's own text to set a
-- hold, and destroying the key ends these notes together with the log's.

-- Jäv (6 kap. 28–32 §§ and 7 kap. 4 § kommunallagen, 16–18 §§ förvaltningslagen): of a person, whatever the
-- membership. A lifted declaration stays as a row.
CREATE TABLE conflicts (
    id TEXT PRIMARY KEY NOT NULL,
    application_id TEXT NOT NULL REFERENCES applications (id),
    staff_id TEXT NOT NULL REFERENCES staff (id),
    note BYTEA,
    declared_at BIGINT NOT NULL,
    lifted_at BIGINT,
    lifted_by TEXT REFERENCES staff (id),
    lift_reason BYTEA
);

CREATE UNIQUE INDEX conflicts_in_force ON conflicts (application_id, staff_id) WHERE lifted_at IS NULL;

-- Gallringsspärr: nothing is erased while one row of an application is not lifted. Several may run at once.
CREATE TABLE legal_holds (
    id TEXT PRIMARY KEY NOT NULL,
    application_id TEXT NOT NULL REFERENCES applications (id),
    ground TEXT NOT NULL CHECK (ground IN ('discrimination', 'appeal', 'court', 'rights_case', 'public_record', 'supervision')),
    reason BYTEA NOT NULL,
    set_at BIGINT NOT NULL,
    set_by TEXT NOT NULL REFERENCES staff (id),
    lifted_at BIGINT,
    lifted_by TEXT REFERENCES staff (id),
    lift_reason BYTEA
);

CREATE INDEX legal_holds_by_application ON legal_holds (application_id, lifted_at);

-- Nödåtkomst: one person, one application, contact details only.
CREATE TABLE emergencies (
    id TEXT PRIMARY KEY NOT NULL,
    application_id TEXT NOT NULL REFERENCES applications (id),
    staff_id TEXT NOT NULL REFERENCES staff (id),
    ground TEXT NOT NULL CHECK (ground IN ('danger', 'undeliverable', 'meeting')),
    reason BYTEA NOT NULL,
    asked_at BIGINT NOT NULL,
    outcome TEXT CHECK (outcome IN ('approved', 'refused')),
    decided_at BIGINT,
    decided_by TEXT REFERENCES staff (id),
    decided_as TEXT
);

CREATE INDEX emergencies_by_application ON emergencies (application_id, staff_id);

-- One row each time contact details were shown under an approval: the notice that somebody must acknowledge.
CREATE TABLE emergency_uses (
    id TEXT PRIMARY KEY NOT NULL,
    emergency_id TEXT NOT NULL REFERENCES emergencies (id),
    used_at BIGINT NOT NULL,
    acknowledged_at BIGINT,
    acknowledged_by TEXT REFERENCES staff (id)
);
