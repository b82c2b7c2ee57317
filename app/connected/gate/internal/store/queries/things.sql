-- name: SubjectKey :one
SELECT * FROM subject_keys WHERE subject = @subject;

-- name: AddSubjectKey :exec
INSERT INTO subject_keys (subject, wrapped, destroyed_at) VALUES (@subject, @wrapped, 0);

-- name: DestroySubjectKey :execrows
UPDATE subject_keys SET wrapped = @nothing, destroyed_at = @destroyed_at
WHERE subject = @subject AND destroyed_at = 0;

-- name: PutRecord :exec
INSERT INTO records (id, number, subject, unit_id, restricted, held, body, cipher, content_key, line_mac)
VALUES (@id, @number, @subject, @unit_id, @restricted, @held, @body, @cipher, @content_key, @line_mac)
ON CONFLICT (id) DO UPDATE SET
    number = excluded.number, subject = excluded.subject, unit_id = excluded.unit_id, restricted = excluded.restricted,
    held = excluded.held, body = excluded.body, cipher = excluded.cipher, content_key = excluded.content_key, line_mac = excluded.line_mac;

-- name: Record :one
SELECT * FROM records WHERE id = @id;

-- name: RecordBySubject :one
SELECT * FROM records WHERE subject = @subject ORDER BY id LIMIT 1;

-- name: HeldBehind :many
SELECT record_id FROM record_held WHERE user_id = @user_id AND record_id > @after ORDER BY record_id LIMIT @rows;

-- name: NamedBehind :many
SELECT record_id FROM record_people WHERE user_id = @user_id AND record_id > @after ORDER BY record_id LIMIT @rows;

-- name: WorkedBehind :many
SELECT DISTINCT a.record_id FROM assignment_people ap JOIN assignments a ON a.id = ap.assignment_id
WHERE ap.user_id = @user_id AND a.record_id > @after ORDER BY a.record_id LIMIT @rows;

-- name: AssignmentsBehind :many
SELECT assignment_id FROM assignment_people WHERE user_id = @user_id AND assignment_id > @after ORDER BY assignment_id LIMIT @rows;

-- How many things there are that a person may be sent, beyond those that the device has got.
-- name: CountToSend :one
SELECT CAST((SELECT COUNT(*) FROM assignment_people ap WHERE ap.user_id = @user_id)
  + (SELECT COUNT(*) FROM (
        SELECT h.record_id FROM record_held h JOIN records r ON r.id = h.record_id WHERE h.user_id = @user_id AND r.held = 1 AND r.restricted = 0
        UNION SELECT p.record_id FROM record_people p JOIN records r ON r.id = p.record_id WHERE p.user_id = @user_id AND r.held = 0 AND r.restricted = 0
        UNION SELECT a.record_id FROM assignment_people ap JOIN assignments a ON a.id = ap.assignment_id JOIN records r ON r.id = a.record_id
            WHERE ap.user_id = @user_id AND r.held = 0 AND r.restricted = 0) q)
  - (SELECT COUNT(*) FROM sent s WHERE s.device_id = @device_id AND s.kind IN ('record', 'assignment') AND s.gone = 0 AND s.page <= @page
        AND (s.kind <> 'record' OR s.loan_until > @ends AND s.loan_until <= @most)) AS BIGINT) AS things;

-- name: RecordPeople :many
SELECT user_id FROM record_people WHERE record_id = @record_id ORDER BY user_id;

-- name: AddRecordPerson :exec
INSERT INTO record_people (record_id, user_id) VALUES (@record_id, @user_id)
ON CONFLICT (record_id, user_id) DO NOTHING;

-- name: ClearRecordPeople :exec
DELETE FROM record_people WHERE record_id = @record_id;

-- name: AddRecordHeld :exec
INSERT INTO record_held (record_id, user_id) VALUES (@record_id, @user_id)
ON CONFLICT (record_id, user_id) DO NOTHING;

-- name: ClearRecordHeld :exec
DELETE FROM record_held WHERE record_id = @record_id;

-- name: PeopleByAssignment :many
SELECT DISTINCT ap.user_id FROM assignment_people ap
JOIN assignments a ON a.id = ap.assignment_id WHERE a.record_id = @record_id ORDER BY ap.user_id;

-- name: AddAssignment :exec
INSERT INTO assignments (id, number, record_id, subject, unit_id, line_mac, operations)
VALUES (@id, @number, @record_id, @subject, @unit_id, @line_mac, 0);

-- name: ChangeAssignment :exec
UPDATE assignments SET number = @number, record_id = @record_id, subject = @subject, unit_id = @unit_id, line_mac = @line_mac
WHERE id = @id;

-- name: SetOperations :exec
UPDATE assignments SET operations = @operations WHERE id = @id;

-- name: Operations :many
SELECT e.* FROM operations o JOIN entries e ON e.id = o.entry_id
WHERE o.assignment_id = @assignment_id ORDER BY o.number;

-- name: DeleteOperations :exec
DELETE FROM operations WHERE assignment_id = @assignment_id;

-- name: Assignment :one
SELECT * FROM assignments WHERE id = @id;

-- name: AddAssignmentVersion :exec
INSERT INTO assignment_versions (assignment_id, number, body) VALUES (@assignment_id, @number, @body);

-- name: AssignmentVersion :one
SELECT * FROM assignment_versions WHERE assignment_id = @assignment_id AND number = @number;

-- name: AssignmentPeople :many
SELECT user_id FROM assignment_people WHERE assignment_id = @assignment_id ORDER BY user_id;

-- name: AddAssignmentPerson :exec
INSERT INTO assignment_people (assignment_id, user_id) VALUES (@assignment_id, @user_id)
ON CONFLICT (assignment_id, user_id) DO NOTHING;

-- name: ClearAssignmentPeople :exec
DELETE FROM assignment_people WHERE assignment_id = @assignment_id;

-- name: RecordsOfSubject :many
SELECT id FROM records WHERE subject = @subject ORDER BY id;

-- name: AssignmentsOfSubject :many
SELECT id FROM assignments WHERE subject = @subject ORDER BY id;

-- name: DeleteRecord :exec
DELETE FROM records WHERE id = @id;

-- name: DeleteAssignment :exec
DELETE FROM assignments WHERE id = @id;

-- name: DeleteAssignmentVersions :exec
DELETE FROM assignment_versions WHERE assignment_id = @assignment_id;

-- name: RecordAudience :many
SELECT user_id FROM record_people rp WHERE rp.record_id = @record_id
UNION SELECT user_id FROM record_held h WHERE h.record_id = @record_id
UNION SELECT user_id FROM assignments a JOIN assignment_people ap ON ap.assignment_id = a.id WHERE a.record_id = @record_id;
-- name: SubjectOfRecord :one
SELECT subject FROM records WHERE id = @id;

-- name: SubjectOfAssignment :one
SELECT subject FROM assignments WHERE id = @id;
