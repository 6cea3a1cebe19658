-- What the last complete run leaves to the next one, so that only what changed has to be read: for each kind
-- in its scope where to ask. It holds only while that run is the last complete one.
CREATE TABLE delta (
    tenant INTEGER NOT NULL REFERENCES tenant (number),
    -- 1 application, 2 service principal
    kind INTEGER NOT NULL,
    -- The run; the link covers everything since it started.
    seq INTEGER NOT NULL,
    -- What was asked for, and by which program.
    terms TEXT NOT NULL,
    link TEXT NOT NULL,
    -- When the last full read began.
    full_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind)
) STRICT, WITHOUT ROWID;
