-- Messages on their way: kept from before the first attempt until they have been accepted or are given up.
CREATE TABLE outbox (
    -- By what the message is known, here and by whoever gets it.
    key TEXT NOT NULL PRIMARY KEY,
    -- What it is about.
    kind TEXT NOT NULL,
    -- The way it goes: one that is blocked holds up no other.
    channel TEXT NOT NULL,
    -- The run it tells of, where it tells of one.
    tenant BIGINT REFERENCES tenant (number),
    run_id TEXT,
    made BIGINT NOT NULL,
    -- Milliseconds, by the clock of the database.
    next_attempt BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    -- waiting, sending, accepted, refused, expired
    state TEXT NOT NULL,
    ended BIGINT,
    -- Why the last attempt came to nothing: without addresses and secrets.
    error TEXT,
    -- Who is at it, and until when. The fence grows with every holder.
    fence BIGINT NOT NULL DEFAULT 0,
    holder TEXT,
    lease_until BIGINT NOT NULL DEFAULT 0,
    -- Compressed; none once it has been accepted.
    body BYTEA
);
CREATE INDEX outbox_open ON outbox (next_attempt, key) WHERE state IN ('waiting', 'sending');
CREATE INDEX outbox_run ON outbox (tenant, run_id);

-- Whom a message is for. Who has accepted it never gets it again.
CREATE TABLE outbox_recipient (
    key TEXT NOT NULL,
    number BIGINT NOT NULL,
    address TEXT NOT NULL,
    -- waiting, accepted, refused
    state TEXT NOT NULL,
    error TEXT,
    PRIMARY KEY (key, number)
);
