-- +goose Up
-- By which of an identity provider's words somebody is which user: keyed hashes of its name for them (subject), or of an
-- address that it has verified (email).
CREATE TABLE sign_in_links (
    link_key BYTEA NOT NULL PRIMARY KEY,
    user_id  TEXT  NOT NULL REFERENCES users (id),
    kind     TEXT  NOT NULL
);
CREATE INDEX sign_in_links_user ON sign_in_links (user_id);

-- Sign-ins at an identity provider that were ended, by a keyed hash of their state, until they would be too old anyway.
CREATE TABLE sign_ins_spent (
    state BYTEA  NOT NULL PRIMARY KEY,
    until BIGINT NOT NULL
);

-- +goose Down
DROP TABLE sign_ins_spent;
DROP TABLE sign_in_links;
