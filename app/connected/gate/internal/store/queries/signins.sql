-- name: SignInLink :one
SELECT * FROM sign_in_links WHERE link_key = @link_key;

-- name: AddSignInLink :exec
INSERT INTO sign_in_links (link_key, user_id, kind) VALUES (@link_key, @user_id, @kind);

-- name: RemoveSignInLink :exec
DELETE FROM sign_in_links WHERE link_key = @link_key;

-- name: RemoveSignInLinks :exec
DELETE FROM sign_in_links WHERE user_id = @user_id;

-- name: SignInLinksOfUser :one
SELECT COUNT(*) FROM sign_in_links WHERE user_id = @user_id;

-- name: SpendSignIn :execrows
INSERT INTO sign_ins_spent (state, until) VALUES (@state, @until) ON CONFLICT (state) DO NOTHING;

-- name: PruneSignIns :exec
DELETE FROM sign_ins_spent WHERE until < @before;
