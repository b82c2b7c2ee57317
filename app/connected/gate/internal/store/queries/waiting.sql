-- name: AddWaiting :exec
INSERT INTO devices_waiting (id, user_id, request_id, machine, keys, way, asked_at, expires_at, approved_at, refused_at)
VALUES (@id, @user_id, @request_id, @machine, @keys, @way, @asked_at, @expires_at, 0, 0);

-- name: Waiting :one
SELECT * FROM devices_waiting WHERE id = @id;

-- name: WaitingDevices :many
SELECT w.*, u.username, u.first_name, u.last_name FROM devices_waiting w
JOIN users u ON u.id = w.user_id WHERE w.approved_at = 0 AND w.expires_at > @now ORDER BY w.asked_at, w.id;

-- name: CountWaiting :one
SELECT COUNT(*) FROM devices_waiting WHERE approved_at = 0 AND refused_at = 0 AND expires_at > @now;

-- name: CountWaitingOf :one
SELECT COUNT(*) FROM devices_waiting WHERE user_id = @user_id AND approved_at = 0 AND refused_at = 0 AND expires_at > @now;

-- name: SetAsked :exec
UPDATE devices_waiting SET request_id = @request_id, machine = @machine, way = @way WHERE id = @id;

-- name: ApproveWaiting :exec
UPDATE devices_waiting SET approved_at = @approved_at, expires_at = @expires_at WHERE id = @id;

-- name: RefuseWaiting :exec
UPDATE devices_waiting SET refused_at = @refused_at, expires_at = @expires_at WHERE id = @id;

-- name: WaitingEnded :many
SELECT * FROM devices_waiting WHERE expires_at <= @now ORDER BY expires_at, id LIMIT 100;

-- name: WaitingOf :many
SELECT * FROM devices_waiting WHERE user_id = @user_id ORDER BY id;

-- name: ForgetWaiting :exec
DELETE FROM devices_waiting WHERE id = @id;
