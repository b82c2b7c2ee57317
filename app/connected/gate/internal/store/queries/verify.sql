-- name: CredentialsOf :many
SELECT body FROM credentials WHERE device_id = @device_id ORDER BY epoch;

-- name: AllUnitSets :many
SELECT id, unit_id FROM unit_sets ORDER BY id, unit_id;

-- name: AllHours :many
SELECT * FROM hours ORDER BY hour;
