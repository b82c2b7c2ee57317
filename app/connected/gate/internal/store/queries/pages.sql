-- name: EntryAt :one
SELECT received_at FROM entries WHERE id = @id;

-- name: AddLate :exec
INSERT INTO late (day, received_at, last, first, person_id) VALUES (@day, @received_at, @last, @first, @person_id)
ON CONFLICT (day, received_at, last) DO NOTHING;

-- name: LateOn :many
SELECT * FROM late
WHERE day = @day AND received_at >= @until AND (received_at, last) <= (@at, @last)
ORDER BY received_at DESC, last DESC LIMIT @rows;

-- name: LateOf :many
SELECT * FROM late
WHERE day = @day AND person_id = @person_id AND received_at >= @until AND (received_at, last) <= (@at, @last)
ORDER BY received_at DESC, last DESC LIMIT @rows;

-- name: AddUnitSet :exec
INSERT INTO unit_sets (id, unit_id) VALUES (@id, @unit_id) ON CONFLICT (unit_id, id) DO NOTHING;

-- name: UnitSets :many
SELECT id FROM unit_sets WHERE unit_id = @unit_id ORDER BY id LIMIT @rows;
