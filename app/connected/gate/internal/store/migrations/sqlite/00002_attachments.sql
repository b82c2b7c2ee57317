-- +goose Up
-- Pictures and documents that belong to records. The chunks lie beside them as rows, encrypted as
-- they travel: so they are in the same transactions, backups and standbys as everything else.
CREATE TABLE attachments (
    id            TEXT   NOT NULL PRIMARY KEY,
    record_id     TEXT   NOT NULL,
    subject       TEXT   NOT NULL, -- whose key encrypts it
    device_id     TEXT   NOT NULL, -- that made it; empty: the connected system
    chunks        BIGINT NOT NULL, -- how many it has
    whole         BIGINT NOT NULL, -- 1: all are here and it is signed; 0: a draft under way
    began_at      BIGINT NOT NULL,
    body          BYTEA  NOT NULL, -- signed attachment, or its draft, encrypted
    content_key   BYTEA  NOT NULL, -- encrypted
    line_mac      BYTEA  NOT NULL  -- of the imported line
);
CREATE INDEX attachments_record ON attachments (record_id);
CREATE INDEX attachments_subject ON attachments (subject);
CREATE INDEX attachments_whole ON attachments (whole, began_at);

CREATE TABLE attachment_chunks (
    attachment_id TEXT   NOT NULL REFERENCES attachments (id),
    number        BIGINT NOT NULL, -- from 0
    hash          BYTEA  NOT NULL, -- of the ciphertext
    cipher        BYTEA  NOT NULL, -- as it travels
    PRIMARY KEY (attachment_id, number)
);

-- +goose Down
DROP TABLE attachment_chunks;
DROP TABLE attachments;
