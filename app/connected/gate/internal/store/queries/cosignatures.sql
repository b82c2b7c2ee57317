-- name: PutCosignature :exec
INSERT INTO cosignatures (device_id, generation, size, at, body) VALUES (@device_id, @generation, @size, @at, @body)
ON CONFLICT (device_id) DO UPDATE SET generation = excluded.generation, size = excluded.size, at = excluded.at, body = excluded.body;

-- name: Cosignature :one
SELECT * FROM cosignatures WHERE device_id = @device_id;

-- name: CosignaturesFrom :many
SELECT * FROM cosignatures WHERE size >= @size ORDER BY size DESC, device_id LIMIT @rows;

-- name: CosignaturesAfter :many
SELECT * FROM cosignatures WHERE device_id > @device_id ORDER BY device_id LIMIT @rows;

-- name: CountCosignatures :one
SELECT COUNT(*) FROM cosignatures;
