-- name: PutHour :exec
INSERT INTO hours (hour, first, last) VALUES (@hour, @first, @last) ON CONFLICT (hour) DO UPDATE SET last = excluded.last;

-- name: PlacesOfHours :one
SELECT CAST(COALESCE(MIN(h.first), 0) AS BIGINT) AS first, CAST(COALESCE(MAX(h.last), 0) AS BIGINT) AS last,
    CAST(COALESCE((SELECT MAX(n.hour) FROM hours n), 0) AS BIGINT) AS newest
FROM hours h WHERE h.hour >= @since AND h.hour <= @until;

-- name: AddLate :exec
INSERT INTO late (day, received_at, last, first, person_id) VALUES (@day, @received_at, @last, @first, @person_id)
ON CONFLICT (day, last) DO NOTHING;

-- name: LateOn :many
SELECT * FROM late WHERE day = @day AND last < @before ORDER BY last DESC LIMIT @rows;

-- name: LateOf :many
SELECT * FROM late WHERE day = @day AND person_id = @person_id AND last < @before ORDER BY last DESC LIMIT @rows;

-- name: LateAt :many
SELECT * FROM late WHERE day = @day AND last >= @place ORDER BY last LIMIT 1;

-- name: AddUnitSet :exec
INSERT INTO unit_sets (id, unit_id) VALUES (@id, @unit_id) ON CONFLICT (unit_id, id) DO NOTHING;

-- name: UnitSets :many
SELECT id FROM unit_sets WHERE unit_id = @unit_id ORDER BY id LIMIT @rows;
