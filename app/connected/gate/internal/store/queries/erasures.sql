-- name: AddErasure :exec
INSERT INTO erasures (number, subject, at) VALUES (@number, @subject, @at);

-- name: Erasure :one
SELECT * FROM erasures WHERE subject = @subject;

-- name: LastErasure :one
SELECT CAST(COALESCE(MAX(number), 0) AS BIGINT) AS number FROM erasures;

-- name: ErasuresAfter :many
SELECT * FROM erasures WHERE number > @number AND at >= @since ORDER BY number LIMIT @rows;

-- name: CountAbout :one
SELECT COUNT(*) FROM entries WHERE subject = @subject;

-- name: CopiesOf :many
SELECT id, device_id, kind, peer, received_at, raw FROM entries
WHERE subject = @subject AND subject <> '' AND id > @id
  AND kind IN ('system.record_sent', 'record.fetched', 'share.sent', 'share.received', 'record.found', 'subject.erased',
    'attachment.added', 'attachment.exported')
ORDER BY subject, id LIMIT 500;

-- name: WaysOf :many
SELECT kind, device_id, peer, CAST(MIN(id) AS BIGINT) AS first, CAST(MAX(id) AS BIGINT) AS last, COUNT(*) AS times FROM entries
WHERE record_id = @record_id
  AND (kind = 'system.record_sent' OR kind = 'share.sent' OR kind = 'share.received' OR kind = 'share.refused' OR kind = 'record.expired' OR kind = 'attachment.exported')
GROUP BY kind, device_id, peer ORDER BY kind, device_id, peer LIMIT @rows;

-- name: HandedOf :many
SELECT kind, device_id, peer, received_at, raw FROM entries
WHERE record_id = @record_id
  AND (kind = 'system.record_sent' OR kind = 'share.sent' OR kind = 'share.received' OR kind = 'share.refused' OR kind = 'record.expired' OR kind = 'attachment.exported')
  AND (kind = 'share.sent' OR kind = 'share.received')
ORDER BY record_id, kind, device_id, peer, id LIMIT @rows;

-- name: AnswersOf :many
SELECT device_id, CAST(MIN(id) AS BIGINT) AS first, CAST(MAX(id) AS BIGINT) AS last FROM entries
WHERE subject = @subject AND kind = 'subject.erased'
GROUP BY device_id ORDER BY device_id LIMIT @rows;

-- name: SubjectInLog :one
SELECT subject FROM entries WHERE record_id = @record_id AND record_id <> '' AND subject <> '' ORDER BY record_id, id LIMIT 1;
