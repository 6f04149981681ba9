-- Secrets of cards: what a service needs of one card that no client may see. `kind` is that of service data.
CREATE TABLE card_secret (
    card    TEXT NOT NULL,
    service INTEGER NOT NULL,
    name    TEXT NOT NULL,
    kind    INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3),
    value   BLOB NOT NULL CHECK (length(value) <= 255),
    PRIMARY KEY (card, service, name)
) STRICT, WITHOUT ROWID;
