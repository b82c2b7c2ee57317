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
WHERE subject = @subject AND id > @id
  AND kind IN ('system.record_sent', 'record.fetched', 'share.sent', 'share.received', 'record.found', 'subject.erased',
    'attachment.added', 'attachment.exported')
ORDER BY id LIMIT 500;
