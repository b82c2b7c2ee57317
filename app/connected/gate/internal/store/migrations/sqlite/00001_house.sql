-- +goose Up
-- The common subset of SQLite and PostgreSQL: TEXT ids, BIGINT microseconds since 1970 UTC,
-- BYTEA for bytes (SQLite leaves blobs in such a column as they are), 0 and 1 for booleans.

CREATE TABLE counters (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

CREATE TABLE units (
    id   TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE roles (
    id   TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE role_grants (
    role_id    TEXT NOT NULL REFERENCES roles (id),
    right_name TEXT NOT NULL,
    scope      TEXT NOT NULL,
    PRIMARY KEY (role_id, right_name, scope)
);

CREATE TABLE users (
    id          TEXT   NOT NULL PRIMARY KEY,
    username    TEXT   NOT NULL UNIQUE,
    first_name  TEXT   NOT NULL,
    last_name   TEXT   NOT NULL,
    password    TEXT   NOT NULL, -- argon2id in PHC form; empty: nobody signs in as this user
    created_at  BIGINT NOT NULL,
    disabled_at BIGINT NOT NULL  -- 0: not disabled
);

CREATE TABLE user_units (
    user_id TEXT NOT NULL REFERENCES users (id),
    unit_id TEXT NOT NULL REFERENCES units (id),
    PRIMARY KEY (user_id, unit_id)
);

CREATE TABLE user_roles (
    user_id TEXT NOT NULL REFERENCES users (id),
    role_id TEXT NOT NULL REFERENCES roles (id),
    PRIMARY KEY (user_id, role_id)
);

-- Attempts to sign in, by a keyed hash of the name typed, so that names that do not exist
-- are slowed as others are.
CREATE TABLE attempts (
    name_hash BYTEA  NOT NULL PRIMARY KEY,
    failures  BIGINT NOT NULL,
    next_at   BIGINT NOT NULL
);

CREATE TABLE devices (
    id          TEXT   NOT NULL PRIMARY KEY,
    user_id     TEXT   NOT NULL REFERENCES users (id),
    machine     TEXT   NOT NULL,
    keys        BYTEA  NOT NULL,
    epoch       BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    enrolled_at BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL,
    synced_at   BIGINT NOT NULL, -- when a batch of its journal last came
    revoked_at  BIGINT NOT NULL, -- 0: not revoked
    page        BIGINT NOT NULL  -- the newest page of changes sent to it
);
CREATE INDEX devices_user ON devices (user_id);

-- Every credential ever issued: a journal verifies against them forever.
CREATE TABLE credentials (
    device_id  TEXT   NOT NULL,
    epoch      BIGINT NOT NULL,
    person_id  TEXT   NOT NULL,
    expires_at BIGINT NOT NULL,
    body       BYTEA  NOT NULL,
    PRIMARY KEY (device_id, epoch)
);

CREATE TABLE enrolments (
    request_id TEXT   NOT NULL PRIMARY KEY,
    device_id  TEXT   NOT NULL,
    epoch      BIGINT NOT NULL
);

CREATE TABLE nonces (
    device_id TEXT   NOT NULL,
    nonce     BYTEA  NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (device_id, nonce)
);
CREATE INDEX nonces_at ON nonces (at);

-- One key for each data subject, wrapped under the organisation's data key. Destroying the
-- key is the erasure.
CREATE TABLE subject_keys (
    subject      TEXT   NOT NULL PRIMARY KEY,
    wrapped      BYTEA  NOT NULL,
    destroyed_at BIGINT NOT NULL
);

-- The orders to erase, which devices get. Numbers ascend, also those of a system that was
-- restored from a backup.
CREATE TABLE erasures (
    number  BIGINT NOT NULL PRIMARY KEY,
    subject TEXT   NOT NULL UNIQUE,
    at      BIGINT NOT NULL
);

CREATE TABLE records (
    id          TEXT   NOT NULL PRIMARY KEY,
    number      BIGINT NOT NULL,
    subject     TEXT   NOT NULL,
    unit_id     TEXT   NOT NULL REFERENCES units (id),
    restricted  BIGINT NOT NULL,
    held        BIGINT NOT NULL, -- 1: record_held says who holds it
    body        BYTEA  NOT NULL, -- signed record, encrypted
    cipher      BYTEA  NOT NULL, -- the protected part's ciphertext as it travels
    content_key BYTEA  NOT NULL, -- its key, encrypted
    line_mac    BYTEA  NOT NULL  -- of the imported line
);
CREATE INDEX records_subject ON records (subject);

CREATE TABLE record_people (
    record_id TEXT NOT NULL REFERENCES records (id),
    user_id   TEXT NOT NULL REFERENCES users (id),
    PRIMARY KEY (record_id, user_id)
);
CREATE INDEX record_people_user ON record_people (user_id);

CREATE TABLE record_held (
    record_id TEXT NOT NULL REFERENCES records (id),
    user_id   TEXT NOT NULL REFERENCES users (id),
    PRIMARY KEY (record_id, user_id)
);
CREATE INDEX record_held_user ON record_held (user_id);

CREATE TABLE assignments (
    id          TEXT   NOT NULL PRIMARY KEY,
    number      BIGINT NOT NULL,
    record_id   TEXT   NOT NULL,
    subject     TEXT   NOT NULL, -- whose key encrypts it
    unit_id     TEXT   NOT NULL REFERENCES units (id),
    line_mac    BYTEA  NOT NULL,
    operations  BIGINT NOT NULL  -- how many there are on it
);
CREATE INDEX assignments_record ON assignments (record_id);
CREATE INDEX assignments_subject ON assignments (subject);

-- All versions: a signature names one.
CREATE TABLE assignment_versions (
    assignment_id TEXT   NOT NULL REFERENCES assignments (id),
    number        BIGINT NOT NULL,
    body          BYTEA  NOT NULL, -- signed assignment, encrypted
    PRIMARY KEY (assignment_id, number)
);

CREATE TABLE assignment_people (
    assignment_id TEXT NOT NULL REFERENCES assignments (id),
    user_id       TEXT NOT NULL REFERENCES users (id),
    PRIMARY KEY (assignment_id, user_id)
);
CREATE INDEX assignment_people_user ON assignment_people (user_id);

-- What each device was sent, on which page of its changes.
CREATE TABLE sent (
    device_id  TEXT   NOT NULL,
    kind       TEXT   NOT NULL, -- record, assignment
    thing_id   TEXT   NOT NULL,
    mark       TEXT   NOT NULL, -- version and state as sent
    loan_until BIGINT NOT NULL, -- 0: no loan
    page       BIGINT NOT NULL,
    gone       BIGINT NOT NULL, -- 1: told that it is gone
    PRIMARY KEY (device_id, kind, thing_id)
);
CREATE INDEX sent_thing ON sent (kind, thing_id);

-- The audit log: entries of all journals, the connected system's own among them. raw is what
-- was signed; the columns beside it are there to be searched.
CREATE TABLE entries (
    id                 BIGINT NOT NULL PRIMARY KEY,
    hash               BYTEA  NOT NULL,
    raw                BYTEA  NOT NULL,
    device_id          TEXT   NOT NULL,
    generation         BIGINT NOT NULL,
    seq                BIGINT NOT NULL,
    covered            BIGINT NOT NULL, -- 1: part of the contiguous prefix; 0: held
    verdict            TEXT   NOT NULL,
    is_system          BIGINT NOT NULL,
    kind               TEXT   NOT NULL,
    person_id          TEXT   NOT NULL,
    epoch              BIGINT NOT NULL,
    not_before         BIGINT NOT NULL,
    received_at        BIGINT NOT NULL,
    subject            TEXT   NOT NULL,
    record_id          TEXT   NOT NULL,
    assignment_id      TEXT   NOT NULL,
    peer               TEXT   NOT NULL,
    pair               BYTEA  NOT NULL,
    lone               BIGINT NOT NULL, -- 1: half of a double entry whose other half has not come
    address            TEXT   NOT NULL,
    carrier            TEXT   NOT NULL,
    payload_subject    TEXT   NOT NULL, -- whose key encrypts the payload
    payload            BYTEA  NOT NULL,
    payload_state      BIGINT NOT NULL, -- 0 none, 1 kept, 2 erased, 3 not come, 4 does not fit
    UNIQUE (device_id, generation, seq, hash)
);
CREATE INDEX entries_hash ON entries (hash);
CREATE INDEX entries_subject ON entries (subject, id);
CREATE INDEX entries_record ON entries (record_id, id);
CREATE INDEX entries_person ON entries (person_id, id);
CREATE INDEX entries_pair ON entries (pair);
CREATE INDEX entries_payload ON entries (payload_subject);
CREATE INDEX entries_lone ON entries (lone, received_at);
CREATE INDEX entries_heads ON entries (peer) WHERE lone = 1 AND kind = 'head.seen';

-- What was said about the work on assignments, in the order in which it came to be covered.
CREATE TABLE operations (
    assignment_id TEXT NOT NULL REFERENCES assignments (id),
    number        BIGINT NOT NULL, -- from 1
    entry_id      BIGINT NOT NULL REFERENCES entries (id),
    PRIMARY KEY (assignment_id, number),
    UNIQUE (assignment_id, entry_id)
);

-- The Merkle tree over all entries, in the order of their ids: what tlog stores for leaf n stands
-- from StoredHashIndex(0, n) on. A leaf is made of raw and received_at, which nothing changes.
CREATE TABLE log_hashes (
    id   BIGINT NOT NULL PRIMARY KEY,
    hash BYTEA  NOT NULL
);

CREATE TABLE chains (
    device_id  TEXT   NOT NULL,
    generation BIGINT NOT NULL,
    last_seq   BIGINT NOT NULL,
    head       BYTEA  NOT NULL,
    PRIMARY KEY (device_id, generation)
);

CREATE TABLE findings (
    id         BIGINT NOT NULL PRIMARY KEY,
    code       TEXT   NOT NULL,
    device_id  TEXT   NOT NULL,
    person_id  TEXT   NOT NULL,
    generation BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    hash       BYTEA  NOT NULL, -- of the entry, where one is meant
    at         BIGINT NOT NULL,
    times      BIGINT NOT NULL,
    closed_at  BIGINT NOT NULL, -- 0: open
    UNIQUE (code, device_id, generation, seq, hash)
);
CREATE INDEX findings_hash ON findings (hash);

-- +goose Down
DROP TABLE findings;
DROP TABLE chains;
DROP TABLE log_hashes;
DROP TABLE operations;
DROP TABLE entries;
DROP TABLE sent;
DROP TABLE assignment_people;
DROP TABLE assignment_versions;
DROP TABLE assignments;
DROP TABLE record_held;
DROP TABLE record_people;
DROP TABLE records;
DROP TABLE erasures;
DROP TABLE subject_keys;
DROP TABLE nonces;
DROP TABLE enrolments;
DROP TABLE credentials;
DROP TABLE devices;
DROP TABLE attempts;
DROP TABLE user_roles;
DROP TABLE user_units;
DROP TABLE users;
DROP TABLE role_grants;
DROP TABLE roles;
DROP TABLE units;
DROP TABLE counters;
