-- Messages on their way: kept from before the first attempt until they have been accepted or are given up.
CREATE TABLE outbox (
    -- By what the message is known, here and by whoever gets it.
    key TEXT NOT NULL PRIMARY KEY,
    -- What it is about.
    kind TEXT NOT NULL,
    -- The way it goes: one that is blocked holds up no other.
    channel TEXT NOT NULL,
    -- The run it tells of, where it tells of one.
    tenant INTEGER REFERENCES tenant (number),
    run_id TEXT,
    made INTEGER NOT NULL,
    -- Milliseconds, by the clock of the database.
    next_attempt INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- waiting, sending, accepted, refused, expired
    state TEXT NOT NULL,
    ended INTEGER,
    -- Why the last attempt came to nothing: without addresses and secrets.
    error TEXT,
    -- Who is at it, and until when. The fence grows with every holder.
    fence INTEGER NOT NULL DEFAULT 0,
    holder TEXT,
    lease_until INTEGER NOT NULL DEFAULT 0,
    -- Compressed; none once it has been accepted.
    body BLOB
) STRICT;
CREATE INDEX outbox_open ON outbox (next_attempt, key) WHERE state IN ('waiting', 'sending');
CREATE INDEX outbox_run ON outbox (tenant, run_id);

-- Whom a message is for. Who has accepted it never gets it again.
CREATE TABLE outbox_recipient (
    key TEXT NOT NULL,
    number INTEGER NOT NULL,
    address TEXT NOT NULL,
    -- waiting, accepted, refused
    state TEXT NOT NULL,
    error TEXT,
    PRIMARY KEY (key, number)
) STRICT, WITHOUT ROWID;
