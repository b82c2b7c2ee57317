-- Pages of the log. Rows are compared as wholes, and the column that is filtered by stands first in the
-- order, so that every planner goes along that column's index and no other. What is said of single
-- columns beside it is implied, and tells sqlc their types (a CAST would keep SQLite from the index).

-- name: LogAll :many
SELECT * FROM entries
WHERE received_at >= @since AND (received_at < @at OR id < @id) AND (received_at, id) < (@at, @id) AND id < @place
ORDER BY received_at DESC, id DESC LIMIT @rows;

-- name: LogOfSubject :many
SELECT * FROM entries
WHERE subject <> '' AND received_at >= @since AND (received_at < @at OR received_at = @at AND id < @id)
  AND (subject, received_at) >= (@subject, @since) AND (subject, received_at, id) < (@subject, @at, @id)
  AND id < @place AND not_before < @until
  AND (CAST(@record_id AS TEXT) = '' OR record_id = @record_id)
  AND (CAST(@person_id AS TEXT) = '' OR person_id = @person_id)
  AND (CAST(@device_id AS TEXT) = '' OR device_id = @device_id OR (is_system = 1 AND peer = @device_id))
ORDER BY subject DESC, received_at DESC, id DESC LIMIT @rows;

-- name: LogOfRecord :many
SELECT * FROM entries
WHERE record_id <> '' AND received_at >= @since AND (received_at < @at OR received_at = @at AND id < @id)
  AND (record_id, received_at) >= (@record_id, @since) AND (record_id, received_at, id) < (@record_id, @at, @id)
  AND id < @place AND not_before < @until
  AND (CAST(@person_id AS TEXT) = '' OR person_id = @person_id)
  AND (CAST(@device_id AS TEXT) = '' OR device_id = @device_id OR (is_system = 1 AND peer = @device_id))
ORDER BY record_id DESC, received_at DESC, id DESC LIMIT @rows;

-- name: LogOfPerson :many
SELECT * FROM entries
WHERE received_at >= @since AND (received_at < @at OR received_at = @at AND id < @id)
  AND (person_id, received_at) >= (@person_id, @since) AND (person_id, received_at, id) < (@person_id, @at, @id)
  AND id < @place AND not_before < @until
ORDER BY person_id DESC, received_at DESC, id DESC LIMIT @rows;

-- name: LogOfDevice :many
SELECT * FROM entries
WHERE received_at >= @since AND (received_at < @at OR received_at = @at AND id < @id)
  AND (device_id, received_at) >= (@device_id, @since) AND (device_id, received_at, id) < (@device_id, @at, @id)
  AND id < @place AND not_before < @until
  AND (CAST(@person_id AS TEXT) = '' OR person_id = @person_id)
ORDER BY device_id DESC, received_at DESC, id DESC LIMIT @rows;

-- name: LogToldOfDevice :many
SELECT * FROM entries
WHERE is_system = 1 AND received_at >= @since AND (received_at < @at OR received_at = @at AND id < @id)
  AND (peer, received_at) >= (@peer, @since) AND (peer, received_at, id) < (@peer, @at, @id)
  AND id < @place AND not_before < @until
  AND (CAST(@person_id AS TEXT) = '' OR person_id = @person_id)
ORDER BY peer DESC, received_at DESC, id DESC LIMIT @rows;

-- name: LogSpan :many
SELECT * FROM entries
WHERE id >= @first AND id <= @last AND (received_at < @at OR id < @id) AND (received_at, id) < (@at, @id) AND id < @place
  AND not_before < @until AND received_at >= @until
ORDER BY id DESC LIMIT @rows;

-- name: EntryAt :one
SELECT received_at FROM entries WHERE id = @id;

-- name: AddLate :exec
INSERT INTO late (day, received_at, last, first) VALUES (@day, @received_at, @last, @first)
ON CONFLICT (day, received_at, last) DO NOTHING;

-- name: LateOn :many
SELECT * FROM late
WHERE day = @day AND received_at >= @until AND (received_at, last) <= (@at, @last)
ORDER BY received_at DESC, last DESC LIMIT @rows;
