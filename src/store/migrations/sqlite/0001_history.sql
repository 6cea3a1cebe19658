-- Everything a run leaves behind. Times are seconds since 1970 in UTC, leases milliseconds; ids and digests
-- are bytes; `number` stands for a tenant, so that no row repeats its name.

-- The clock of the database, by which leases run and tasks fall due.
CREATE VIEW clock (now) AS
SELECT CAST(round(unixepoch('subsec') * 1000) AS INTEGER);

CREATE TABLE tenant (
    number INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    -- Who may run it, and until when by the clock of the database. The fence grows with every holder.
    fence INTEGER NOT NULL DEFAULT 0,
    holder TEXT,
    lease_until INTEGER NOT NULL DEFAULT 0,
    UNIQUE (name, tenant_id)
) STRICT;

-- Planned runs. One row for each planned instant, however many daemons plan it.
CREATE TABLE due (
    tenant INTEGER NOT NULL REFERENCES tenant (number),
    planned INTEGER NOT NULL,
    start_after INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- waiting, running, done, failed, left-out
    state TEXT NOT NULL,
    PRIMARY KEY (tenant, planned)
) STRICT, WITHOUT ROWID;
CREATE INDEX due_open ON due (tenant, planned) WHERE state IN ('waiting', 'running');

-- Recorded runs, numbered by tenant in the order in which they were recorded.
CREATE TABLE run (
    tenant INTEGER NOT NULL REFERENCES tenant (number),
    seq INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    started INTEGER NOT NULL,
    planned INTEGER,
    complete INTEGER NOT NULL,
    -- Audited kinds: 1 applications, 2 service principals, 3 both.
    scope INTEGER NOT NULL,
    -- The complete run it was compared with; none for the first.
    since INTEGER,
    objects INTEGER NOT NULL,
    critical INTEGER NOT NULL,
    high INTEGER NOT NULL,
    medium INTEGER NOT NULL,
    low INTEGER NOT NULL,
    info INTEGER NOT NULL,
    excepted INTEGER NOT NULL,
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
    finishes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, seq),
    UNIQUE (tenant, run_id)
) STRICT;
CREATE INDEX run_unfinished ON run (tenant, seq) WHERE files = 'waiting' OR mail IN ('waiting', 'sending');

-- What the last run read, where that was incomplete: in pieces, compressed; kept until the next run.
CREATE TABLE partial (
    tenant INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    number INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (tenant, seq, number)
) STRICT;

-- What complete runs saw, a row for each version: from the run that first saw it to the one that first saw it
-- otherwise. An object that stays as it is costs nothing more. Here and of findings there are a million rows, all
-- of them written by the holder of the tenant's turn and each once: no key is checked, and one index has to do.
CREATE TABLE version (
    tenant INTEGER NOT NULL,
    -- 1 application, 2 service principal, 3 custom policy, 4 tenant default
    kind INTEGER NOT NULL,
    id BLOB NOT NULL,
    from_seq INTEGER NOT NULL,
    to_seq INTEGER,
    first_seen INTEGER NOT NULL,
    -- The first half of the SHA-256 of the body.
    digest BLOB NOT NULL,
    -- Of an object its bytes (CBOR), of a policy JSON.
    body BLOB NOT NULL
) STRICT;
-- All that a run compares itself with.
CREATE INDEX version_seen ON version (tenant, kind, id, from_seq, to_seq, digest);
CREATE INDEX version_ended ON version (tenant, to_seq) WHERE to_seq IS NOT NULL;

-- Findings of complete runs, a row for each time one was open.
CREATE TABLE finding (
    tenant INTEGER NOT NULL,
    -- The first half of the SHA-256 of its key, which is in the body: a key may be of any length.
    key BLOB NOT NULL,
    from_seq INTEGER NOT NULL,
    to_seq INTEGER,
    first_seen INTEGER NOT NULL,
    -- JSON: a list of the key and of what is remembered.
    body BLOB NOT NULL
) STRICT;
-- All that a run wants to know of most findings.
CREATE INDEX finding_known ON finding (tenant, key, from_seq, to_seq, first_seen);
CREATE INDEX finding_ended ON finding (tenant, to_seq) WHERE to_seq IS NOT NULL;
