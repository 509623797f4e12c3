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

-- The stop button: one row each time that AI support was stopped in a recruitment; in force until it was started again.
CREATE TABLE ai_stops (
    id TEXT PRIMARY KEY NOT NULL,
    recruitment_id TEXT NOT NULL REFERENCES recruitments (id),
    stopped_at BIGINT NOT NULL,
    stopped_by TEXT NOT NULL REFERENCES staff (id),
    stopped_as TEXT NOT NULL,
    reason BYTEA NOT NULL,
    started_at BIGINT,
    started_by TEXT REFERENCES staff (id),
    started_as TEXT,
    start_reason BYTEA
);

CREATE UNIQUE INDEX ai_stops_in_force ON ai_stops (recruitment_id) WHERE started_at IS NULL;

-- The control arm: applications drawn by lot that the model never reads, so that its use can be evaluated. One draw a
-- recruitment, committed to before the first application was scored. The share is in per cent.
CREATE TABLE control_arms (
    recruitment_id TEXT PRIMARY KEY NOT NULL REFERENCES recruitments (id),
    share BIGINT NOT NULL CHECK (share BETWEEN 1 AND 50),
    seed BYTEA NOT NULL,
    set_at BIGINT NOT NULL
);

-- NULL: not drawn. In a recruitment with a control arm nothing is read before it is drawn.
ALTER TABLE applications ADD COLUMN control_arm BIGINT CHECK (control_arm IN (0, 1));
