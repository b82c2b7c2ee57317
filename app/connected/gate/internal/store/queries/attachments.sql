-- name: AddAttachment :exec
INSERT INTO attachments (id, record_id, subject, device_id, chunks, whole, began_at, body, content_key, line_mac)
VALUES (@id, @record_id, @subject, @device_id, @chunks, 0, @began_at, @body, @content_key, @line_mac);

-- name: Attachment :one
SELECT * FROM attachments WHERE id = @id;

-- name: CompleteAttachment :execrows
UPDATE attachments SET whole = 1, chunks = @chunks, body = @body, content_key = @content_key WHERE id = @id AND whole = 0;

-- name: AttachmentsOfSubject :many
SELECT id FROM attachments WHERE subject = @subject ORDER BY id;

-- name: AttachmentsOfRecord :many
SELECT id, device_id, chunks, whole, began_at FROM attachments WHERE record_id = @record_id ORDER BY began_at, id;

-- name: AttachmentsBegun :many
SELECT id, device_id, chunks, began_at FROM attachments WHERE whole = 0 ORDER BY began_at;

-- name: AttachmentsAfter :many
SELECT * FROM attachments WHERE id > @id ORDER BY id LIMIT 20;

-- name: DeleteAttachment :exec
DELETE FROM attachments WHERE id = @id;

-- name: PutAttachmentChunk :exec
INSERT INTO attachment_chunks (attachment_id, number, hash, cipher) VALUES (@attachment_id, @number, @hash, @cipher)
ON CONFLICT (attachment_id, number) DO NOTHING;

-- name: AttachmentChunk :one
SELECT * FROM attachment_chunks WHERE attachment_id = @attachment_id AND number = @number;

-- name: AttachmentChunkNumbers :many
SELECT number FROM attachment_chunks WHERE attachment_id = @attachment_id ORDER BY number;

-- name: DeleteAttachmentChunks :exec
DELETE FROM attachment_chunks WHERE attachment_id = @attachment_id;

-- name: EntriesOfKind :many
SELECT raw FROM entries WHERE record_id = @record_id AND device_id = @device_id AND kind = @kind ORDER BY id;

-- name: SentThing :one
SELECT * FROM sent WHERE device_id = @device_id AND kind = @kind AND thing_id = @thing_id;
