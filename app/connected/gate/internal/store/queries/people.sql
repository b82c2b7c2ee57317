-- name: NextCounter :one
INSERT INTO counters (name, value) VALUES (@name, 1)
ON CONFLICT (name) DO UPDATE SET value = counters.value + 1
RETURNING value;

-- name: PutCounter :exec
INSERT INTO counters (name, value) VALUES (@name, @value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: RaiseCounter :exec
INSERT INTO counters (name, value) VALUES (@name, @least)
ON CONFLICT (name) DO UPDATE SET value = CASE WHEN counters.value < excluded.value THEN excluded.value ELSE counters.value + 1 END;

-- name: PutUnit :exec
INSERT INTO units (id, name) VALUES (@id, @name)
ON CONFLICT (id) DO UPDATE SET name = excluded.name;

-- name: Unit :one
SELECT * FROM units WHERE id = @id;

-- name: Units :many
SELECT * FROM units ORDER BY id;

-- name: PutRole :exec
INSERT INTO roles (id, name) VALUES (@id, @name)
ON CONFLICT (id) DO UPDATE SET name = excluded.name;

-- name: Role :one
SELECT * FROM roles WHERE id = @id;

-- name: Roles :many
SELECT * FROM roles ORDER BY id;

-- name: ClearGrants :exec
DELETE FROM role_grants WHERE role_id = @role_id;

-- name: AddGrant :exec
INSERT INTO role_grants (role_id, right_name, scope) VALUES (@role_id, @right_name, @scope)
ON CONFLICT (role_id, right_name, scope) DO NOTHING;

-- name: GrantsOfRole :many
SELECT * FROM role_grants WHERE role_id = @role_id ORDER BY right_name, scope;

-- name: GrantsOfUser :many
SELECT DISTINCT g.right_name, g.scope FROM role_grants g
JOIN user_roles ur ON ur.role_id = g.role_id
WHERE ur.user_id = @user_id ORDER BY g.right_name, g.scope;

-- name: AddUser :exec
INSERT INTO users (id, username, first_name, last_name, password, created_at, disabled_at)
VALUES (@id, @username, @first_name, @last_name, @password, @created_at, 0);

-- name: RenameUser :exec
UPDATE users SET first_name = @first_name, last_name = @last_name WHERE id = @id;

-- name: User :one
SELECT * FROM users WHERE id = @id;

-- name: UserByName :one
SELECT * FROM users WHERE username = @username;

-- name: Users :many
SELECT * FROM users ORDER BY username;

-- name: SetPassword :exec
UPDATE users SET password = @password WHERE id = @id;

-- name: SetDisabled :exec
UPDATE users SET disabled_at = @disabled_at WHERE id = @id;

-- name: UnitsOfUser :many
SELECT u.id, u.name FROM units u JOIN user_units uu ON uu.unit_id = u.id
WHERE uu.user_id = @user_id ORDER BY u.id;

-- name: ClearUnitsOfUser :exec
DELETE FROM user_units WHERE user_id = @user_id;

-- name: AddUnitOfUser :exec
INSERT INTO user_units (user_id, unit_id) VALUES (@user_id, @unit_id)
ON CONFLICT (user_id, unit_id) DO NOTHING;

-- name: RolesOfUser :many
SELECT r.id, r.name FROM roles r JOIN user_roles ur ON ur.role_id = r.id
WHERE ur.user_id = @user_id ORDER BY r.id;

-- name: ClearRolesOfUser :exec
DELETE FROM user_roles WHERE user_id = @user_id;

-- name: AddRoleOfUser :exec
INSERT INTO user_roles (user_id, role_id) VALUES (@user_id, @role_id)
ON CONFLICT (user_id, role_id) DO NOTHING;

-- name: RemoveRoleOfUser :exec
DELETE FROM user_roles WHERE user_id = @user_id AND role_id = @role_id;

-- name: Attempts :one
SELECT * FROM attempts WHERE name_hash = @name_hash;

-- name: PutAttempts :exec
INSERT INTO attempts (name_hash, failures, next_at) VALUES (@name_hash, @failures, @next_at)
ON CONFLICT (name_hash) DO UPDATE SET failures = excluded.failures, next_at = excluded.next_at;

-- name: ForgetAttempts :exec
DELETE FROM attempts WHERE name_hash = @name_hash;

-- name: PruneAttempts :exec
DELETE FROM attempts WHERE next_at < @before;

-- name: CounterValue :one
SELECT value FROM counters WHERE name = @name;
