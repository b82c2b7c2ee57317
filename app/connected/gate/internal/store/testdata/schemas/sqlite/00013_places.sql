CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
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
, quarantined_at BIGINT NOT NULL DEFAULT 0, released_at BIGINT NOT NULL DEFAULT 0, label TEXT NOT NULL DEFAULT '', replaced_by TEXT NOT NULL DEFAULT '');
CREATE INDEX devices_user ON devices (user_id);
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
CREATE TABLE subject_keys (
    subject      TEXT   NOT NULL PRIMARY KEY,
    wrapped      BYTEA  NOT NULL,
    destroyed_at BIGINT NOT NULL
);
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
CREATE TABLE record_held (
    record_id TEXT NOT NULL REFERENCES records (id),
    user_id   TEXT NOT NULL REFERENCES users (id),
    PRIMARY KEY (record_id, user_id)
);
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
    payload_state      BIGINT NOT NULL, unit_set BIGINT NOT NULL DEFAULT 0, -- 0 none, 1 kept, 2 erased, 3 not come, 4 does not fit
    UNIQUE (device_id, generation, seq, hash)
);
CREATE INDEX entries_heads ON entries (peer) WHERE lone = 1 AND kind = 'head.seen';
CREATE TABLE operations (
    assignment_id TEXT NOT NULL REFERENCES assignments (id),
    number        BIGINT NOT NULL, -- from 1
    entry_id      BIGINT NOT NULL REFERENCES entries (id),
    PRIMARY KEY (assignment_id, number),
    UNIQUE (assignment_id, entry_id)
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
CREATE INDEX entries_lone ON entries (lone, received_at, id) WHERE lone = 1;
CREATE INDEX findings_device ON findings (device_id, id);
CREATE INDEX findings_person ON findings (person_id, id);
CREATE TABLE cosignatures (
    device_id  TEXT   NOT NULL PRIMARY KEY,
    generation BIGINT NOT NULL, -- of the log
    size       BIGINT NOT NULL,
    at         BIGINT NOT NULL, -- by the device's clock
    body       BYTEA  NOT NULL  -- the checkpoint as the log signed it, and this device's cosignature
);
CREATE INDEX cosignatures_size ON cosignatures (size, device_id);
CREATE TABLE feeds (
    name   TEXT   NOT NULL PRIMARY KEY,
    place  BIGINT NOT NULL,
    holder TEXT   NOT NULL,
    until  BIGINT NOT NULL
);
CREATE TABLE sign_in_links (
    link_key BYTEA NOT NULL PRIMARY KEY,
    user_id  TEXT  NOT NULL REFERENCES users (id),
    kind     TEXT  NOT NULL
);
CREATE INDEX sign_in_links_user ON sign_in_links (user_id);
CREATE TABLE sign_ins_spent (
    state BYTEA  NOT NULL PRIMARY KEY,
    until BIGINT NOT NULL
);
CREATE TABLE unit_sets (
    id      BIGINT NOT NULL,
    unit_id TEXT   NOT NULL,
    PRIMARY KEY (unit_id, id)
);
CREATE INDEX unit_sets_id ON unit_sets (id);
CREATE INDEX entries_copies ON entries (record_id, kind, device_id, peer, id)
    WHERE kind IN ('system.record_sent', 'share.sent', 'share.received', 'share.refused', 'record.expired', 'attachment.exported');
CREATE INDEX entries_erased ON entries (subject, device_id, id) WHERE kind = 'subject.erased';
CREATE INDEX entries_guard ON entries (device_id, kind, id) WHERE kind IN ('device.enrolled', 'device.factors_changed', 'device.wiped');
CREATE INDEX findings_code ON findings (code, id);
CREATE INDEX findings_open ON findings (id) WHERE closed_at = 0;
CREATE INDEX entries_hash ON entries (device_id, hash);
CREATE INDEX record_people_user ON record_people (user_id, record_id);
CREATE INDEX record_held_user ON record_held (user_id, record_id);
CREATE INDEX assignment_people_user ON assignment_people (user_id, assignment_id);
CREATE TABLE devices_waiting (
    id          TEXT NOT NULL PRIMARY KEY,
    user_id     TEXT NOT NULL REFERENCES users (id),
    request_id  TEXT NOT NULL,
    machine     TEXT NOT NULL,
    keys        BYTEA  NOT NULL,
    way         TEXT   NOT NULL, -- how they signed in
    asked_at    BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    approved_at BIGINT NOT NULL, -- 0: not yet
    refused_at  BIGINT NOT NULL
);
CREATE INDEX devices_waiting_user ON devices_waiting (user_id);
CREATE INDEX devices_waiting_expires ON devices_waiting (expires_at);
CREATE INDEX entries_pair ON entries (pair, id) WHERE LENGTH(pair) > 0;
CREATE TABLE log_tiles (
    level  BIGINT NOT NULL, -- from 0, which are the leaves'
    number BIGINT NOT NULL, -- in its level, from 0
    hashes BYTEA  NOT NULL, -- 32 bytes each
    PRIMARY KEY (level, number)
);
CREATE TABLE hours (
    hour  BIGINT NOT NULL PRIMARY KEY, -- since 1970, UTC
    first BIGINT NOT NULL, -- place of the first entry that was received in it
    last  BIGINT NOT NULL  -- and of the last; where clocks were set, those of other hours stand between
);
CREATE INDEX entries_subject ON entries (subject, id) WHERE subject <> '';
CREATE INDEX entries_record ON entries (record_id, id) WHERE record_id <> '';
CREATE INDEX entries_person ON entries (person_id, id);
CREATE INDEX entries_device ON entries (device_id, id);
CREATE INDEX entries_told ON entries (peer, id) WHERE is_system = 1;
CREATE INDEX entries_unit ON entries (unit_set, id) WHERE unit_set <> 0;
CREATE INDEX entries_assignment ON entries (assignment_id, id) WHERE assignment_id <> '';
CREATE INDEX entries_kind ON entries (kind, id);
CREATE TABLE "late" (
    day         BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    last        BIGINT NOT NULL,
    first       BIGINT NOT NULL,
    person_id   TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (day, last)
);
CREATE INDEX late_person ON late (day, person_id, last);
INSERT INTO counters (name, value) VALUES ('x', 7);
INSERT INTO units (id, name) VALUES ('x', 'x');
INSERT INTO roles (id, name) VALUES ('x', 'x');
INSERT INTO role_grants (role_id, right_name, scope) VALUES ('x', 'x', 'x');
INSERT INTO users (id, username, first_name, last_name, password, created_at, disabled_at) VALUES ('x', 'x', 'x', 'x', 'x', 7, 7);
INSERT INTO user_units (user_id, unit_id) VALUES ('x', 'x');
INSERT INTO user_roles (user_id, role_id) VALUES ('x', 'x');
INSERT INTO attempts (name_hash, failures, next_at) VALUES (x'0102', 7, 7);
INSERT INTO devices (id, user_id, machine, keys, epoch, expires_at, enrolled_at, seen_at, synced_at, revoked_at, page, quarantined_at, released_at, label, replaced_by) VALUES ('x', 'x', 'x', x'0102', 7, 7, 7, 7, 7, 7, 7, 7, 7, 'x', 'x');
INSERT INTO credentials (device_id, epoch, person_id, expires_at, body) VALUES ('x', 7, 'x', 7, x'0102');
INSERT INTO enrolments (request_id, device_id, epoch) VALUES ('x', 'x', 7);
INSERT INTO nonces (device_id, nonce, at) VALUES ('x', x'0102', 7);
INSERT INTO subject_keys (subject, wrapped, destroyed_at) VALUES ('x', x'0102', 7);
INSERT INTO erasures (number, subject, at) VALUES (7, 'x', 7);
INSERT INTO records (id, number, subject, unit_id, restricted, held, body, cipher, content_key, line_mac) VALUES ('x', 7, 'x', 'x', 7, 7, x'0102', x'0102', x'0102', x'0102');
INSERT INTO record_people (record_id, user_id) VALUES ('x', 'x');
INSERT INTO record_held (record_id, user_id) VALUES ('x', 'x');
INSERT INTO assignments (id, number, record_id, subject, unit_id, line_mac, operations) VALUES ('x', 7, 'x', 'x', 'x', x'0102', 7);
INSERT INTO assignment_versions (assignment_id, number, body) VALUES ('x', 7, x'0102');
INSERT INTO assignment_people (assignment_id, user_id) VALUES ('x', 'x');
INSERT INTO sent (device_id, kind, thing_id, mark, loan_until, page, gone) VALUES ('x', 'x', 'x', 'x', 7, 7, 7);
INSERT INTO entries (id, hash, raw, device_id, generation, seq, covered, verdict, is_system, kind, person_id, epoch, not_before, received_at, subject, record_id, assignment_id, peer, pair, lone, address, carrier, payload_subject, payload, payload_state, unit_set) VALUES (7, x'0102', x'0102', 'x', 7, 7, 7, 'x', 7, 'x', 'x', 7, 7, 7, 'x', 'x', 'x', 'x', x'0102', 7, 'x', 'x', 'x', x'0102', 7, 7);
INSERT INTO operations (assignment_id, number, entry_id) VALUES ('x', 7, 7);
INSERT INTO chains (device_id, generation, last_seq, head) VALUES ('x', 7, 7, x'0102');
INSERT INTO findings (id, code, device_id, person_id, generation, seq, hash, at, times, closed_at) VALUES (7, 'x', 'x', 'x', 7, 7, x'0102', 7, 7, 7);
INSERT INTO attachments (id, record_id, subject, device_id, chunks, whole, began_at, body, content_key, line_mac) VALUES ('x', 'x', 'x', 'x', 7, 7, 7, x'0102', x'0102', x'0102');
INSERT INTO attachment_chunks (attachment_id, number, hash, cipher) VALUES ('x', 7, x'0102', x'0102');
INSERT INTO cosignatures (device_id, generation, size, at, body) VALUES ('x', 7, 7, 7, x'0102');
INSERT INTO feeds (name, place, holder, until) VALUES ('x', 7, 'x', 7);
INSERT INTO sign_in_links (link_key, user_id, kind) VALUES (x'0102', 'x', 'x');
INSERT INTO sign_ins_spent (state, until) VALUES (x'0102', 7);
INSERT INTO unit_sets (id, unit_id) VALUES (7, 'x');
INSERT INTO devices_waiting (id, user_id, request_id, machine, keys, way, asked_at, expires_at, approved_at, refused_at) VALUES ('x', 'x', 'x', 'x', x'0102', 'x', 7, 7, 7, 7);
INSERT INTO log_tiles (level, number, hashes) VALUES (7, 7, x'0102');
INSERT INTO hours (hour, first, last) VALUES (7, 7, 7);
INSERT INTO late (day, received_at, last, first, person_id) VALUES (7, 7, 7, 7, 'x');
INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, 1);
INSERT INTO goose_db_version (version_id, is_applied) VALUES (1, 1);
INSERT INTO goose_db_version (version_id, is_applied) VALUES (2, 1);
INSERT INTO goose_db_version (version_id, is_applied) VALUES (3, 1);
INSERT INTO goose_db_version (version_id, is_applied) VALUES (4, 1);
INSERT INTO goose_db_version (version_id, is_applied) VALUES (5, 1);
INSERT INTO goose_db_version (version_id, is_applied) VALUES (6, 1);
INSERT INTO goose_db_version (version_id, is_applied) VALUES (7, 1);
INSERT INTO goose_db_version (version_id, is_applied) VALUES (8, 1);
INSERT INTO goose_db_version (version_id, is_applied) VALUES (9, 1);
INSERT INTO goose_db_version (version_id, is_applied) VALUES (10, 1);
INSERT INTO goose_db_version (version_id, is_applied) VALUES (11, 1);
INSERT INTO goose_db_version (version_id, is_applied) VALUES (12, 1);
INSERT INTO goose_db_version (version_id, is_applied) VALUES (13, 1);
