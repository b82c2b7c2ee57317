-- name: Feed :one
SELECT * FROM feeds WHERE name = @name;

-- name: PutFeed :exec
INSERT INTO feeds (name, place, holder, until) VALUES (@name, @place, @holder, @until)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until;

-- name: AdvanceFeed :exec
UPDATE feeds SET place = @place WHERE name = @name AND holder = @holder AND place < @place;

-- name: ReleaseFeed :exec
UPDATE feeds SET until = 0 WHERE name = @name AND holder = @holder;
