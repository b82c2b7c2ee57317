-- +goose Up
-- What people call a device, and which one it was replaced by; empty: nothing, none.
ALTER TABLE devices ADD COLUMN label TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN replaced_by TEXT COLLATE "C" NOT NULL DEFAULT '';

-- Devices whose person has signed in and that an administrator has not let in, or has and they have not heard of it.
CREATE TABLE devices_waiting (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id     TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    request_id  TEXT COLLATE "C" NOT NULL,
    machine     TEXT COLLATE "C" NOT NULL,
    keys        BYTEA  NOT NULL,
    way         TEXT   NOT NULL, -- how they signed in
    asked_at    BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    approved_at BIGINT NOT NULL, -- 0: not yet
    refused_at  BIGINT NOT NULL
);
CREATE INDEX devices_waiting_user ON devices_waiting (user_id);
CREATE INDEX devices_waiting_expires ON devices_waiting (expires_at);

-- +goose Down
DROP TABLE devices_waiting;
ALTER TABLE devices DROP COLUMN replaced_by;
ALTER TABLE devices DROP COLUMN label;
