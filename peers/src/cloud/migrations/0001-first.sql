-- What the cloud knows. Times are seconds since 1970; counters and registry values are the numbers of the protocol.

CREATE TABLE reader (
    id                     TEXT PRIMARY KEY,
    public_key             BLOB NOT NULL CHECK (length(public_key) = 32),
    admitted               INTEGER NOT NULL DEFAULT 1 CHECK (admitted IN (0, 1)),
    -- What the reader stated at its last login.
    hardware_class         INTEGER,
    boot_counter           INTEGER,
    software               TEXT,
    software_counter       INTEGER NOT NULL DEFAULT 0,
    authentication_counter INTEGER NOT NULL DEFAULT 0,
    logic_counter          INTEGER NOT NULL DEFAULT 0,
    client                 TEXT,
    last_login             INTEGER,
    logins                 INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Which client may use which service of which reader, and for how many seconds after a login. No service: all of them.
CREATE TABLE permission (
    reader   TEXT NOT NULL REFERENCES reader (id),
    client   TEXT NOT NULL,
    service  INTEGER,
    lifetime INTEGER NOT NULL CHECK (lifetime BETWEEN 1 AND 604800)
) STRICT;

CREATE INDEX permission_of ON permission (reader, client);

-- An update for all readers of one class of hardware.
CREATE TABLE campaign (
    id             INTEGER PRIMARY KEY,
    kind           INTEGER NOT NULL,
    hardware_class INTEGER NOT NULL,
    counter        INTEGER NOT NULL,
    service        INTEGER NOT NULL,
    manifest       BLOB NOT NULL,
    signature      BLOB NOT NULL CHECK (length(signature) = 64),
    digest         BLOB NOT NULL CHECK (length(digest) = 32),
    size           INTEGER NOT NULL,
    published      INTEGER NOT NULL,
    UNIQUE (kind, hardware_class, counter)
) STRICT;

-- The bytes of an update, in pieces: a database reads a blob whole, however little of it is asked for.
CREATE TABLE content (
    campaign INTEGER NOT NULL REFERENCES campaign (id),
    piece    INTEGER NOT NULL,
    bytes    BLOB NOT NULL,
    PRIMARY KEY (campaign, piece)
) STRICT, WITHOUT ROWID;

-- How far a campaign has come with a reader; no row: not offered yet.
CREATE TABLE delivery (
    campaign    INTEGER NOT NULL REFERENCES campaign (id),
    reader      TEXT NOT NULL REFERENCES reader (id),
    state       TEXT NOT NULL CHECK (state IN ('delivering', 'failed', 'installed', 'refused')),
    next_offset INTEGER NOT NULL DEFAULT 0,
    error       INTEGER NOT NULL DEFAULT 0,
    detail      INTEGER NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0,
    changed     INTEGER NOT NULL,
    PRIMARY KEY (campaign, reader)
) STRICT;
