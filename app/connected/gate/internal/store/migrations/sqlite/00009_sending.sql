-- +goose Up
-- A page of changes goes along what concerns a person from where the page before ended.
DROP INDEX record_people_user;
DROP INDEX record_held_user;
DROP INDEX assignment_people_user;
CREATE INDEX record_people_user ON record_people (user_id, record_id);
CREATE INDEX record_held_user ON record_held (user_id, record_id);
CREATE INDEX assignment_people_user ON assignment_people (user_id, assignment_id);

-- +goose Down
DROP INDEX assignment_people_user;
DROP INDEX record_held_user;
DROP INDEX record_people_user;
CREATE INDEX record_people_user ON record_people (user_id);
CREATE INDEX record_held_user ON record_held (user_id);
CREATE INDEX assignment_people_user ON assignment_people (user_id);
