-- +goose Up
-- An entry is looked for by its hash in its own device's journal. With the device first in the index what comes in
-- one batch lies in few pages of it, however long the log is: hashes alone lie everywhere.
DROP INDEX entries_hash;
CREATE INDEX entries_hash ON entries (device_id, hash);

-- +goose Down
DROP INDEX entries_hash;
CREATE INDEX entries_hash ON entries (hash);
