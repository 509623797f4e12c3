-- What the model has to read is a state of `applications`; this table only says who has it in hand and how often
-- that went wrong. A row is made when somebody looks for work and goes with the assessment. Losing all rows
-- loses no application: they are made again.
CREATE TABLE work (
    application_id TEXT PRIMARY KEY NOT NULL REFERENCES applications (id),
    -- Drawn anew for every lease: who has another one writes nothing any more.
    lease TEXT,
    leased_by TEXT,
    -- Nobody else takes it before this time; after a fault, nobody at all.
    leased_until BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    last_fault TEXT
);

CREATE INDEX work_by_turn ON work (leased_until, tries);
