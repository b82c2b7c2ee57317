-- +goose Up
-- What reviewers ask for besides: units, assignments and kinds; where copies of a record went.

-- The units in which whoever said an entry served then: a number for each set of them that there has been,
-- made of their IDs.
CREATE TABLE unit_sets (
    id      BIGINT NOT NULL,
    unit_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (unit_id, id)
);
CREATE INDEX unit_sets_id ON unit_sets (id);
ALTER TABLE entries ADD COLUMN unit_set BIGINT NOT NULL DEFAULT 0; -- 0: none, or nobody's
CREATE INDEX entries_unit ON entries (unit_set, received_at, id, not_before) WHERE unit_set <> 0;
CREATE INDEX entries_assignment ON entries (assignment_id, received_at, id, not_before) WHERE assignment_id <> '';
CREATE INDEX entries_kind ON entries (kind, received_at, id, not_before);

-- Whose batch it was that came late.
ALTER TABLE late ADD COLUMN person_id TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE late SET person_id = COALESCE((SELECT e.person_id FROM entries e WHERE e.id = late.last), '');
CREATE INDEX late_person ON late (day, person_id, received_at, last);

-- Who was sent or handed a copy, and whose has ended; whole in the index, for there are many.
CREATE INDEX entries_copies ON entries (record_id, kind, device_id, peer, id)
    WHERE kind IN ('system.record_sent', 'share.sent', 'share.received', 'share.refused', 'record.expired', 'attachment.exported');
CREATE INDEX entries_erased ON entries (subject, device_id, id) WHERE kind = 'subject.erased';
CREATE INDEX entries_guard ON entries (device_id, kind, id) WHERE kind IN ('device.enrolled', 'device.factors_changed', 'device.wiped');

-- A device of whose journal two branches grow: its journal is taken, and it gets nothing.
ALTER TABLE devices ADD COLUMN quarantined_at BIGINT NOT NULL DEFAULT 0; -- 0: it is not
ALTER TABLE devices ADD COLUMN released_at BIGINT NOT NULL DEFAULT 0; -- what was noticed of branches before counts no more

CREATE INDEX findings_code ON findings (code, id);
CREATE INDEX findings_open ON findings (id) WHERE closed_at = 0;

-- +goose Down
DROP INDEX findings_open;
DROP INDEX findings_code;
ALTER TABLE devices DROP COLUMN released_at;
ALTER TABLE devices DROP COLUMN quarantined_at;
DROP INDEX entries_guard;
DROP INDEX entries_erased;
DROP INDEX entries_copies;
DROP INDEX late_person;
ALTER TABLE late DROP COLUMN person_id;
DROP INDEX entries_kind;
DROP INDEX entries_assignment;
DROP INDEX entries_unit;
ALTER TABLE entries DROP COLUMN unit_set;
DROP INDEX unit_sets_id;
DROP TABLE unit_sets;
