-- Plans of what is to be changed, each as it was made and sealed.
CREATE TABLE plan (
    tenant BIGINT NOT NULL REFERENCES tenant (number),
    id TEXT NOT NULL,
    -- The complete run it rests on; none where a person asked for single steps, or to undo.
    run_id TEXT,
    made BIGINT NOT NULL,
    -- made, applying, applied, stopped
    state TEXT NOT NULL,
    begun BIGINT,
    ended BIGINT,
    -- JSON: why it was not carried out to its end.
    stopped TEXT,
    -- Compressed JSON.
    body BYTEA NOT NULL,
    PRIMARY KEY (tenant, id)
);

-- The journal: a row for each step, written before anything is sent.
CREATE TABLE step (
    tenant BIGINT NOT NULL,
    plan TEXT NOT NULL,
    number BIGINT NOT NULL,
    -- How often it was about to be sent.
    attempts BIGINT NOT NULL,
    intended BIGINT,
    concluded BIGINT,
    -- What was there before, as Graph had it: compressed JSON.
    before BYTEA,
    -- JSON: what came of it; none where that is not known yet.
    outcome TEXT,
    PRIMARY KEY (tenant, plan, number)
);
