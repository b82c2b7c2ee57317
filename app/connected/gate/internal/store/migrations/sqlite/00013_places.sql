-- +goose Up
-- Pages of the log go by place alone, newest first, and a day is a range of places: so no index holds a time, and
-- none goes by it.
CREATE TABLE hours (
    hour  BIGINT NOT NULL PRIMARY KEY, -- since 1970, UTC
    first BIGINT NOT NULL, -- place of the first entry that was received in it
    last  BIGINT NOT NULL  -- and of the last; where clocks were set, those of other hours stand between
);
INSERT INTO hours (hour, first, last) SELECT received_at / 3600000000, MIN(id), MAX(id) FROM entries GROUP BY received_at / 3600000000;

DROP INDEX entries_received;
DROP INDEX entries_subject;
DROP INDEX entries_record;
DROP INDEX entries_person;
DROP INDEX entries_device;
DROP INDEX entries_told;
DROP INDEX entries_unit;
DROP INDEX entries_assignment;
DROP INDEX entries_kind;
CREATE INDEX entries_subject ON entries (subject, id) WHERE subject <> '';
CREATE INDEX entries_record ON entries (record_id, id) WHERE record_id <> '';
CREATE INDEX entries_person ON entries (person_id, id);
CREATE INDEX entries_device ON entries (device_id, id);
CREATE INDEX entries_told ON entries (peer, id) WHERE is_system = 1;
CREATE INDEX entries_unit ON entries (unit_set, id) WHERE unit_set <> 0;
CREATE INDEX entries_assignment ON entries (assignment_id, id) WHERE assignment_id <> '';
CREATE INDEX entries_kind ON entries (kind, id);

-- What came late is gone along by place too.
CREATE TABLE late_placed (
    day         BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    last        BIGINT NOT NULL,
    first       BIGINT NOT NULL,
    person_id   TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (day, last)
);
INSERT INTO late_placed (day, received_at, last, first, person_id) SELECT day, received_at, last, first, person_id FROM late;
DROP TABLE late;
ALTER TABLE late_placed RENAME TO late;
CREATE INDEX late_person ON late (day, person_id, last);

-- +goose Down
CREATE TABLE late_received (
    day         BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    last        BIGINT NOT NULL,
    first       BIGINT NOT NULL,
    person_id   TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (day, received_at, last)
);
INSERT INTO late_received (day, received_at, last, first, person_id) SELECT day, received_at, last, first, person_id FROM late;
DROP TABLE late;
ALTER TABLE late_received RENAME TO late;
CREATE INDEX late_person ON late (day, person_id, received_at, last);
DROP INDEX entries_kind;
DROP INDEX entries_assignment;
DROP INDEX entries_unit;
DROP INDEX entries_told;
DROP INDEX entries_device;
DROP INDEX entries_person;
DROP INDEX entries_record;
DROP INDEX entries_subject;
CREATE INDEX entries_received ON entries (received_at, id);
CREATE INDEX entries_subject ON entries (subject, received_at, id, not_before) WHERE subject <> '';
CREATE INDEX entries_record ON entries (record_id, received_at, id, not_before) WHERE record_id <> '';
CREATE INDEX entries_person ON entries (person_id, received_at, id, not_before);
CREATE INDEX entries_device ON entries (device_id, received_at, id, not_before);
CREATE INDEX entries_told ON entries (peer, received_at, id, not_before) WHERE is_system = 1;
CREATE INDEX entries_unit ON entries (unit_set, received_at, id, not_before) WHERE unit_set <> 0;
CREATE INDEX entries_assignment ON entries (assignment_id, received_at, id, not_before) WHERE assignment_id <> '';
CREATE INDEX entries_kind ON entries (kind, received_at, id, not_before);
DROP TABLE hours;
