-- What a run read beside objects and policies: sign-in activity, permissions, the audit log. Compressed JSON; a
-- run without such a row read none of it.
CREATE TABLE beside (
    tenant BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (tenant, seq)
);
