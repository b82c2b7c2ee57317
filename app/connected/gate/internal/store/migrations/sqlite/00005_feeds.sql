-- +goose Up
-- How far each receiver of the audit log has come: the place in it of the newest entry that it has. One
-- process at a time sends, until its time is over or it says that another may.
CREATE TABLE feeds (
    name   TEXT   NOT NULL PRIMARY KEY,
    place  BIGINT NOT NULL,
    holder TEXT   NOT NULL,
    until  BIGINT NOT NULL
);

-- +goose Down
DROP TABLE feeds;
