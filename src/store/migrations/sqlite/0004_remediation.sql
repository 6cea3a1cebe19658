-- Plans of what is to be changed, each as it was made and sealed.
CREATE TABLE plan (
    tenant INTEGER NOT NULL REFERENCES tenant (number),
    id TEXT NOT NULL,
    -- The complete run it rests on; none where a person asked for single steps, or to undo.
    run_id TEXT,
    made INTEGER NOT NULL,
    -- made, applying, applied, stopped
    state TEXT NOT NULL,
    begun INTEGER,
    ended INTEGER,
    -- JSON: why it was not carried out to its end.
    stopped TEXT,
    -- Compressed JSON.
    body BLOB NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;

-- The journal: a row for each step, written before anything is sent.
CREATE TABLE step (
    tenant INTEGER NOT NULL,
    plan TEXT NOT NULL,
    number INTEGER NOT NULL,
    -- How often it was about to be sent.
    attempts INTEGER NOT NULL,
    intended INTEGER,
    concluded INTEGER,
    -- What was there before, as Graph had it: compressed JSON.
    before BLOB,
    -- JSON: what came of it; none where that is not known yet.
    outcome TEXT,
    PRIMARY KEY (tenant, plan, number)
) STRICT;
