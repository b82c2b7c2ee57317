-- +goose Up
-- Pages of the log go by time of receipt and place, newest first, for each thing that it can be
-- filtered by. An index holds what is filtered on beside its first column, so that a row that is
-- not on the page is not read for it.
DROP INDEX entries_subject;
DROP INDEX entries_record;
DROP INDEX entries_person;
DROP INDEX entries_pair;
DROP INDEX entries_payload;
DROP INDEX entries_lone;
CREATE INDEX entries_received ON entries (received_at, id);
CREATE INDEX entries_subject ON entries (subject, received_at, id, not_before) WHERE subject <> '';
CREATE INDEX entries_record ON entries (record_id, received_at, id, not_before) WHERE record_id <> '';
CREATE INDEX entries_person ON entries (person_id, received_at, id, not_before);
CREATE INDEX entries_device ON entries (device_id, received_at, id, not_before);
CREATE INDEX entries_told ON entries (peer, received_at, id, not_before) WHERE is_system = 1;
CREATE INDEX entries_pair ON entries (pair) WHERE LENGTH(pair) > 0;
CREATE INDEX entries_payload ON entries (payload_subject) WHERE payload_subject <> '';
CREATE INDEX entries_lone ON entries (lone, received_at, id) WHERE lone = 1;
CREATE INDEX findings_device ON findings (device_id, id);
CREATE INDEX findings_person ON findings (person_id, id);

-- Places in the log, from first to last, of what came in one batch later than it may have happened:
-- under each day (UTC, since 1970) from then on until it came.
CREATE TABLE late (
    day         BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    last        BIGINT NOT NULL,
    first       BIGINT NOT NULL,
    PRIMARY KEY (day, received_at, last)
);

-- +goose Down
DROP TABLE late;
DROP INDEX findings_person;
DROP INDEX findings_device;
DROP INDEX entries_lone;
DROP INDEX entries_payload;
DROP INDEX entries_pair;
DROP INDEX entries_told;
DROP INDEX entries_device;
DROP INDEX entries_person;
DROP INDEX entries_record;
DROP INDEX entries_subject;
DROP INDEX entries_received;
CREATE INDEX entries_subject ON entries (subject, id);
CREATE INDEX entries_record ON entries (record_id, id);
CREATE INDEX entries_person ON entries (person_id, id);
CREATE INDEX entries_pair ON entries (pair);
CREATE INDEX entries_payload ON entries (payload_subject);
CREATE INDEX entries_lone ON entries (lone, received_at);
