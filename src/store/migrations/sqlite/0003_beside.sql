-- What a run read beside objects and policies: sign-in activity, permissions, the audit log. Compressed JSON; a
-- run without such a row read none of it.
CREATE TABLE beside (
    tenant INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (tenant, seq)
) STRICT;
