-- +goose Up
-- What a row of the log costs. Kinds that an index is about are named one by one: of a list SQLite makes a table for each row
-- that it puts in, and one for each of its questions.
DROP INDEX entries_copies;
DROP INDEX entries_guard;
CREATE INDEX entries_copies ON entries (record_id, kind, device_id, peer, id)
    WHERE (kind = 'system.record_sent' OR kind = 'share.sent' OR kind = 'share.received' OR kind = 'share.refused' OR kind = 'record.expired' OR kind = 'attachment.exported');
CREATE INDEX entries_guard ON entries (device_id, kind, id)
    WHERE (kind = 'device.enrolled' OR kind = 'device.factors_changed' OR kind = 'device.wiped');
-- What is held is looked for with each batch: among what is held, not among all that the device ever said.
CREATE INDEX entries_held ON entries (device_id, generation, seq) WHERE covered = 0;

-- +goose Down
DROP INDEX entries_held;
DROP INDEX entries_guard;
DROP INDEX entries_copies;
CREATE INDEX entries_guard ON entries (device_id, kind, id) WHERE kind IN ('device.enrolled', 'device.factors_changed', 'device.wiped');
CREATE INDEX entries_copies ON entries (record_id, kind, device_id, peer, id)
    WHERE kind IN ('system.record_sent', 'share.sent', 'share.received', 'share.refused', 'record.expired', 'attachment.exported');
