-- +goose Up
-- Words that are erased are found by whom their entry is about, or by the entry's own hash: no index by whose key it is.
DROP INDEX entries_payload;
-- The first entries that name a pair are read, however many name it.
DROP INDEX entries_pair;
CREATE INDEX entries_pair ON entries (pair, id) WHERE LENGTH(pair) > 0;

-- +goose Down
DROP INDEX entries_pair;
CREATE INDEX entries_pair ON entries (pair) WHERE LENGTH(pair) > 0;
CREATE INDEX entries_payload ON entries (payload_subject) WHERE payload_subject <> '';
