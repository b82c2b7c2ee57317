-- +goose Up
-- What devices vouch for as witnesses of the audit log: of each the newest checkpoint that it has cosigned.
CREATE TABLE cosignatures (
    device_id  TEXT   NOT NULL PRIMARY KEY,
    generation BIGINT NOT NULL, -- of the log
    size       BIGINT NOT NULL,
    at         BIGINT NOT NULL, -- by the device's clock
    body       BYTEA  NOT NULL  -- the checkpoint as the log signed it, and this device's cosignature
);
CREATE INDEX cosignatures_size ON cosignatures (size, device_id);

-- +goose Down
DROP TABLE cosignatures;
