-- Campaigns with stages, several components in one update, revocation, and a log of what was decided.
-- Foreign keys are off while this runs, so that tables can be made anew.

-- When the reader was revoked; its admission after that is a new one.
ALTER TABLE reader ADD COLUMN revoked INTEGER;

-- A reader's counters as rows, so that a query can ask for the counter of a kind.
CREATE VIEW reader_counter AS
    SELECT id AS reader, 1 AS kind, software_counter AS counter FROM reader
    UNION ALL SELECT id, 2, authentication_counter FROM reader
    UNION ALL SELECT id, 3, logic_counter FROM reader;

-- Clients that may use no reader, or not this one. An empty reader stands for all of them.
CREATE TABLE revocation (
    client TEXT NOT NULL,
    reader TEXT NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (client, reader)
) STRICT, WITHOUT ROWID;

-- Until when the grants last that a reader was told at its last login with a client.
CREATE TABLE lease (
    reader TEXT NOT NULL REFERENCES reader (id),
    client TEXT NOT NULL,
    until  INTEGER NOT NULL,
    PRIMARY KEY (reader, client)
) STRICT, WITHOUT ROWID;

-- An update for the readers of one class of hardware, and how it is rolled out.
CREATE TABLE campaign_new (
    id             INTEGER PRIMARY KEY,
    hardware_class INTEGER NOT NULL,
    manifest       BLOB NOT NULL,
    signature      BLOB NOT NULL CHECK (length(signature) = 64),
    digest         BLOB NOT NULL CHECK (length(digest) = 32),
    size           INTEGER NOT NULL,
    published      INTEGER NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('draft', 'running', 'paused', 'halted', 'done', 'cancelled')),
    -- The stage that is open, from 0; stages are shares of the readers: `1,10%,100%`.
    stage          INTEGER NOT NULL DEFAULT 0,
    stages         TEXT NOT NULL,
    -- The share of a stage's readers that must have the update before the next stage opens.
    successes      TEXT NOT NULL,
    -- The share of a stage's readers that may fail; one more halts the campaign. NULL: any.
    halt_after     TEXT,
    -- Failures that an operator has seen and resumed after.
    forgiven       INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO campaign_new (id, hardware_class, manifest, signature, digest, size, published, state, stages, successes)
    SELECT id, hardware_class, manifest, signature, digest, size, published, 'running', '100%', '100%' FROM campaign;

-- What an update brings: one counter of one kind, for logic of one service.
CREATE TABLE component (
    campaign INTEGER NOT NULL REFERENCES campaign (id),
    kind     INTEGER NOT NULL,
    service  INTEGER NOT NULL,
    counter  INTEGER NOT NULL,
    PRIMARY KEY (campaign, kind, service)
) STRICT, WITHOUT ROWID;
INSERT INTO component (campaign, kind, service, counter) SELECT id, kind, service, counter FROM campaign;

-- How far a campaign has come with a reader that it is open for. No row: not open for it yet.
CREATE TABLE delivery_new (
    campaign    INTEGER NOT NULL REFERENCES campaign (id),
    reader      TEXT NOT NULL REFERENCES reader (id),
    state       TEXT NOT NULL CHECK (state IN
                ('pending', 'delivering', 'trial', 'failed', 'installed', 'refused', 'withdrawn')),
    -- The stage that the reader came with.
    stage       INTEGER NOT NULL DEFAULT 0,
    next_offset INTEGER NOT NULL DEFAULT 0,
    error       INTEGER NOT NULL DEFAULT 0,
    detail      INTEGER NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0,
    changed     INTEGER NOT NULL,
    PRIMARY KEY (campaign, reader)
) STRICT;
INSERT INTO delivery_new (campaign, reader, state, next_offset, error, detail, attempts, changed)
    SELECT campaign, reader, state, next_offset, error, detail, attempts, changed FROM delivery;
-- Until now every reader of the class was meant, whether it had been offered the update or not.
INSERT OR IGNORE INTO delivery_new (campaign, reader, state, changed)
    SELECT campaign.id, reader.id, 'pending', campaign.published
    FROM campaign JOIN reader USING (hardware_class)
    JOIN reader_counter ON reader_counter.reader = reader.id AND reader_counter.kind = campaign.kind
    WHERE campaign.counter > reader_counter.counter;

DROP TABLE delivery;
DROP TABLE campaign;
ALTER TABLE campaign_new RENAME TO campaign;
ALTER TABLE delivery_new RENAME TO delivery;
CREATE INDEX delivery_to ON delivery (reader);

-- Who decided what, and what came of it. Each row holds the digest of itself and of the row before.
CREATE TABLE audit (
    number   INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    event    TEXT NOT NULL,
    reader   TEXT,
    client   TEXT,
    campaign INTEGER,
    outcome  TEXT NOT NULL,
    detail   TEXT NOT NULL,
    hash     BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX audit_of ON audit (reader);

-- The last row of the log, so that one that was cut off is missed.
CREATE TABLE audit_head (
    only   INTEGER PRIMARY KEY CHECK (only = 1),
    number INTEGER NOT NULL,
    hash   BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
    BEGIN SELECT RAISE (ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_remains BEFORE DELETE ON audit
    BEGIN SELECT RAISE (ABORT, 'the audit log is only added to'); END;
