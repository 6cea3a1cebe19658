-- What owners of applications were told of findings that are still open: a row for each of both. Times are those of
-- the runs they were told by.
CREATE TABLE told (
    tenant BIGINT NOT NULL REFERENCES tenant (number),
    -- In lower case; of the fallback contacts together, 'fallback'.
    address TEXT NOT NULL,
    -- The first half of the SHA-256 of the finding's key.
    finding BYTEA NOT NULL,
    first_told BIGINT NOT NULL,
    last_told BIGINT NOT NULL,
    -- When it was escalated.
    escalated BIGINT,
    PRIMARY KEY (tenant, address, finding)
);

-- By which schedules runs and digests are planned, and since when.
CREATE TABLE planned_by (
    -- A tenant, by its id and name, or 'digest'.
    what TEXT NOT NULL PRIMARY KEY,
    schedule TEXT NOT NULL,
    -- None where no other schedule of it is known.
    since BIGINT
);
