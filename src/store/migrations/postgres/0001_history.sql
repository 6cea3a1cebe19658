-- Everything a run leaves behind. Times are seconds since 1970 in UTC, leases milliseconds; ids and digests
-- are bytes; `number` stands for a tenant, so that no row repeats its name.

-- The clock of the database, by which leases run and tasks fall due.
CREATE VIEW clock (now) AS
SELECT CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT);

CREATE TABLE tenant (
    number BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    -- Who may run it, and until when by the clock of the database. The fence grows with every holder.
    fence BIGINT NOT NULL DEFAULT 0,
    holder TEXT,
    lease_until BIGINT NOT NULL DEFAULT 0,
    UNIQUE (name, tenant_id)
);

-- Planned runs. One row for each planned instant, however many daemons plan it.
CREATE TABLE due (
    tenant BIGINT NOT NULL REFERENCES tenant (number),
    planned BIGINT NOT NULL,
    start_after BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    -- waiting, running, done, failed, left-out
    state TEXT NOT NULL,
    PRIMARY KEY (tenant, planned)
);
CREATE INDEX due_open ON due (tenant, planned) WHERE state IN ('waiting', 'running');

-- Recorded runs, numbered by tenant in the order in which they were recorded.
CREATE TABLE run (
    tenant BIGINT NOT NULL REFERENCES tenant (number),
    seq BIGINT NOT NULL,
    run_id TEXT NOT NULL,
    started BIGINT NOT NULL,
    planned BIGINT,
    complete BIGINT NOT NULL,
    -- Audited kinds: 1 applications, 2 service principals, 3 both.
    scope BIGINT NOT NULL,
    -- The complete run it was compared with; none for the first.
    since BIGINT,
    objects BIGINT NOT NULL,
    critical BIGINT NOT NULL,
    high BIGINT NOT NULL,
    medium BIGINT NOT NULL,
    low BIGINT NOT NULL,
    info BIGINT NOT NULL,
    excepted BIGINT NOT NULL,
    host TEXT NOT NULL,
    -- The evidence chain: SHA-256 of manifest.json, and the run before.
    manifest TEXT NOT NULL,
    previous_run TEXT,
    previous_manifest TEXT,
    -- By what the run was judged: what is needed to make its reports again.
    context TEXT NOT NULL,
    -- waiting, written, failed
    files TEXT NOT NULL,
    -- none, waiting, sending, accepted, refused, unknown
    mail TEXT NOT NULL,
    -- How often it was taken up to be finished, after the process that recorded it had died.
    finishes BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, seq),
    UNIQUE (tenant, run_id)
);
CREATE INDEX run_unfinished ON run (tenant, seq) WHERE files = 'waiting' OR mail IN ('waiting', 'sending');

-- What the last run read, where that was incomplete: in pieces, compressed; kept until the next run.
CREATE TABLE partial (
    tenant BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    number BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (tenant, seq, number)
);

-- What complete runs saw, a row for each version: from the run that first saw it to the one that first saw it
-- otherwise. An object that stays as it is costs nothing more. Here and of findings there are a million rows, all
-- of them written by the holder of the tenant's turn and each once: no key is checked, and one index has to do.
CREATE TABLE version (
    tenant BIGINT NOT NULL,
    -- 1 application, 2 service principal, 3 custom policy, 4 tenant default
    kind BIGINT NOT NULL,
    id BYTEA NOT NULL,
    from_seq BIGINT NOT NULL,
    to_seq BIGINT,
    first_seen BIGINT NOT NULL,
    -- The first half of the SHA-256 of the body.
    digest BYTEA NOT NULL,
    -- Of an object its bytes (CBOR), of a policy JSON.
    body BYTEA NOT NULL
);
-- All that a run compares itself with.
CREATE INDEX version_seen ON version (tenant, kind, id, from_seq, to_seq, digest);
CREATE INDEX version_ended ON version (tenant, to_seq) WHERE to_seq IS NOT NULL;

-- Findings of complete runs, a row for each time one was open.
CREATE TABLE finding (
    tenant BIGINT NOT NULL,
    -- The first half of the SHA-256 of its key, which is in the body: a key may be of any length.
    key BYTEA NOT NULL,
    from_seq BIGINT NOT NULL,
    to_seq BIGINT,
    first_seen BIGINT NOT NULL,
    -- JSON: a list of the key and of what is remembered.
    body BYTEA NOT NULL
);
-- All that a run wants to know of most findings.
CREATE INDEX finding_known ON finding (tenant, key, from_seq, to_seq, first_seen);
CREATE INDEX finding_ended ON finding (tenant, to_seq) WHERE to_seq IS NOT NULL;
