-- name: AddDevice :exec
INSERT INTO devices (id, user_id, machine, keys, epoch, expires_at, enrolled_at, seen_at, synced_at, revoked_at, page)
VALUES (@id, @user_id, @machine, @keys, 0, 0, @enrolled_at, @enrolled_at, 0, 0, 0);

-- name: Device :one
SELECT * FROM devices WHERE id = @id;

-- name: Devices :many
SELECT d.*, u.username, u.first_name, u.last_name FROM devices d
JOIN users u ON u.id = d.user_id ORDER BY u.username, d.enrolled_at, d.id;

-- name: EarlierDevices :many
SELECT * FROM devices WHERE user_id = @user_id AND id <> @id ORDER BY enrolled_at DESC, id LIMIT 8;

-- name: SetEpoch :exec
UPDATE devices SET epoch = @epoch, expires_at = @expires_at, machine = @machine WHERE id = @id;

-- name: SetSeen :exec
UPDATE devices SET seen_at = @seen_at WHERE id = @id;

-- name: SetSynced :exec
UPDATE devices SET synced_at = @synced_at WHERE id = @id;

-- name: SetPage :exec
UPDATE devices SET page = @page WHERE id = @id;

-- name: SetRevoked :exec
UPDATE devices SET revoked_at = @revoked_at WHERE id = @id AND revoked_at = 0;

-- name: BarredDevices :many
SELECT d.id FROM devices d JOIN users u ON u.id = d.user_id
WHERE d.expires_at > @now AND (d.revoked_at <> 0 OR d.quarantined_at <> 0 OR u.disabled_at <> 0)
ORDER BY d.expires_at DESC, d.id LIMIT @rows;

-- name: AddCredential :exec
INSERT INTO credentials (device_id, epoch, person_id, expires_at, body)
VALUES (@device_id, @epoch, @person_id, @expires_at, @body)
ON CONFLICT (device_id, epoch) DO NOTHING;

-- name: Credential :one
SELECT * FROM credentials WHERE device_id = @device_id AND epoch = @epoch;

-- name: NewestCredential :one
SELECT * FROM credentials WHERE device_id = @device_id ORDER BY epoch DESC LIMIT 1;

-- name: PutEnrolment :exec
INSERT INTO enrolments (request_id, device_id, epoch) VALUES (@request_id, @device_id, @epoch)
ON CONFLICT (request_id) DO UPDATE SET epoch = excluded.epoch;

-- name: Enrolment :one
SELECT * FROM enrolments WHERE request_id = @request_id;

-- name: AddNonce :execrows
INSERT INTO nonces (device_id, nonce, at) VALUES (@device_id, @nonce, @at)
ON CONFLICT (device_id, nonce) DO NOTHING;

-- name: PruneNonces :exec
DELETE FROM nonces WHERE at < @before;

-- name: SentBehind :many
SELECT * FROM sent WHERE device_id = @device_id AND (kind, thing_id) > (@kind, @thing_id) ORDER BY kind, thing_id LIMIT @rows;

-- name: PutSent :exec
INSERT INTO sent (device_id, kind, thing_id, mark, loan_until, page, gone)
VALUES (@device_id, @kind, @thing_id, @mark, @loan_until, @page, @gone)
ON CONFLICT (device_id, kind, thing_id) DO UPDATE SET
    mark = excluded.mark, loan_until = excluded.loan_until, page = excluded.page, gone = excluded.gone;

-- name: ForgetSent :exec
DELETE FROM sent WHERE device_id = @device_id AND kind = @kind AND thing_id = @thing_id;

-- name: SentOf :many
SELECT device_id, gone FROM sent WHERE kind = @kind AND thing_id = @thing_id;

-- name: SetQuarantined :exec
UPDATE devices SET quarantined_at = @quarantined_at WHERE id = @id AND quarantined_at = 0;

-- name: Release :execrows
UPDATE devices SET quarantined_at = 0, released_at = @released_at WHERE id = @id AND quarantined_at <> 0;

-- name: BranchesOf :many
SELECT * FROM findings WHERE device_id = @device_id AND code IN ('fork', 'generation') AND at >= @since ORDER BY id DESC LIMIT 64;

-- name: CloseClones :many
UPDATE findings SET closed_at = @closed_at WHERE device_id = @device_id AND code = 'clone' AND closed_at = 0
RETURNING *;

-- name: SetLabel :exec
UPDATE devices SET label = @label WHERE id = @id;

-- name: Replace :exec
UPDATE devices SET replaced_by = @replaced_by WHERE id = @id;

-- name: LiveDevicesOf :one
SELECT COUNT(*) FROM devices WHERE user_id = @user_id AND revoked_at = 0;
