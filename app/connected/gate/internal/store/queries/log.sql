-- name: PutTile :exec
INSERT INTO log_tiles (level, number, hashes) VALUES (@level, @number, @hashes)
ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes;

-- name: TilesFrom :many
SELECT * FROM log_tiles WHERE level = @level AND number >= @number ORDER BY number LIMIT @rows;

-- name: TileCount :one
SELECT COUNT(*) FROM log_tiles;

-- name: EntriesFrom :many
SELECT * FROM entries WHERE id > @after ORDER BY id LIMIT @rows;

-- name: Unchecked :many
SELECT id, hash, raw, device_id, person_id, generation, seq, is_system FROM entries WHERE id > @after ORDER BY id LIMIT @rows;

-- name: HeldUpTo :many
SELECT * FROM entries
WHERE device_id = @device_id AND generation = @generation AND covered = 0 AND verdict = 'gap' AND seq <= @seq ORDER BY seq, id;

-- name: EntryByHash :many
SELECT * FROM entries WHERE device_id = @device_id AND hash = @hash ORDER BY id;

-- name: NewestEntry :one
SELECT seq FROM entries WHERE device_id = @device_id AND generation = @generation ORDER BY device_id DESC, generation DESC, seq DESC LIMIT 1;

-- name: Cover :exec
UPDATE entries SET covered = 1, verdict = 'follows' WHERE id = @id;

-- name: SetVerdict :exec
UPDATE entries SET verdict = @verdict WHERE id = @id;

-- name: SetPayload :exec
UPDATE entries SET payload_subject = @payload_subject, payload = @payload, payload_state = @payload_state WHERE id = @id;

-- name: SetLone :exec
UPDATE entries SET lone = @lone WHERE id = @id;

-- name: ErasePayloads :execrows
UPDATE entries SET payload = @nothing, payload_state = 2
WHERE subject = @subject AND subject <> '' AND payload_subject = @subject AND payload_state IN (1, 3, 4);

-- name: EraseOwnPayload :execrows
UPDATE entries SET payload = @nothing, payload_state = 2
WHERE device_id = @device_id AND hash = @hash AND payload_subject = @own AND payload_state IN (1, 3, 4);

-- name: HeldBeyond :one
SELECT COUNT(*) FROM entries
WHERE device_id = @device_id AND generation = @generation AND covered = 0 AND verdict = 'gap' AND seq > @seq;

-- name: LoneHalves :many
SELECT e.id, e.received_at, e.hash, e.device_id, e.generation, e.seq, e.person_id, e.peer, e.kind, CAST(CASE
    WHEN COALESCE((SELECT d.synced_at FROM devices d WHERE d.id = e.peer), @now) < e.received_at + @deadline THEN 0
    WHEN EXISTS (SELECT 1 FROM findings f WHERE f.code IN ('lone_half', 'head_missing') AND f.hash = e.hash) THEN 0
    ELSE 1 END AS BIGINT) AS due
FROM entries e
WHERE e.lone = 1 AND (e.lone, e.received_at, e.id) > (1, @at, @id) AND e.received_at < @before
ORDER BY e.lone, e.received_at, e.id LIMIT @rows;

-- name: OpenHeads :many
SELECT * FROM entries WHERE lone = 1 AND peer = @peer AND kind = 'head.seen' ORDER BY id LIMIT 500;

-- name: AllEntries :many
SELECT * FROM entries
WHERE device_id = @device_id AND generation = @generation AND (seq > @seq OR (seq = @seq AND id > @id))
ORDER BY seq, id LIMIT 500;

-- name: Journals :many
SELECT DISTINCT device_id, generation FROM entries ORDER BY device_id, generation;

-- name: Chain :one
SELECT * FROM chains WHERE device_id = @device_id AND generation = @generation;

-- name: Chains :many
SELECT * FROM chains WHERE device_id = @device_id ORDER BY generation DESC LIMIT 64;

-- name: AllChains :many
SELECT * FROM chains ORDER BY device_id, generation;

-- name: PutChain :exec
INSERT INTO chains (device_id, generation, last_seq, head) VALUES (@device_id, @generation, @last_seq, @head)
ON CONFLICT (device_id, generation) DO UPDATE SET last_seq = excluded.last_seq, head = excluded.head;

-- name: PutFinding :one
INSERT INTO findings (id, code, device_id, person_id, generation, seq, hash, at, times, closed_at)
VALUES (@id, @code, @device_id, @person_id, @generation, @seq, @hash, @at, 1, @closed_at)
ON CONFLICT (code, device_id, generation, seq, hash) DO UPDATE SET times = findings.times + 1
RETURNING *;

-- name: CloseGaps :many
UPDATE findings SET closed_at = @closed_at
WHERE code = 'gap' AND device_id = @device_id AND generation = @generation AND closed_at = 0
RETURNING *;

-- name: CloseLone :many
UPDATE findings SET closed_at = @closed_at WHERE code IN ('lone_half', 'head_missing') AND hash = @hash AND closed_at = 0
RETURNING *;

-- name: Findings :many
SELECT * FROM findings WHERE id < @before ORDER BY id DESC LIMIT @rows;

-- name: FindingsOpen :many
SELECT * FROM findings WHERE closed_at = 0 AND id < @before ORDER BY id DESC LIMIT @rows;

-- name: FindingsOfDevice :many
SELECT * FROM findings WHERE device_id = @device_id AND id < @before ORDER BY id DESC LIMIT @rows;

-- name: FindingsOfPerson :many
SELECT * FROM findings WHERE person_id = @person_id AND id < @before ORDER BY id DESC LIMIT @rows;

-- name: FindingsOfCode :many
SELECT * FROM findings WHERE code = @code AND id < @before ORDER BY id DESC LIMIT @rows;

-- name: OpenFindings :many
SELECT code, CAST(SUM(CASE WHEN closed_at = 0 THEN 1 ELSE 0 END) AS BIGINT) AS open FROM findings GROUP BY code;

-- name: CountEntries :one
SELECT COUNT(*) FROM entries;

-- name: News :many
SELECT kind, record_id, assignment_id FROM entries
WHERE id > @after AND kind IN ('system.changed', 'system.attachment_taken', 'assignment.done', 'assignment.noted', 'assignment.edited')
ORDER BY id LIMIT 500;
