SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
CREATE TABLE public.assignment_people (
    assignment_id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.assignment_versions (
    assignment_id text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    body bytea NOT NULL
);
CREATE TABLE public.assignments (
    id text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    record_id text NOT NULL COLLATE pg_catalog."C",
    subject text NOT NULL COLLATE pg_catalog."C",
    unit_id text NOT NULL COLLATE pg_catalog."C",
    line_mac bytea NOT NULL,
    operations bigint NOT NULL
);
CREATE TABLE public.attachment_chunks (
    attachment_id text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    hash bytea NOT NULL,
    cipher bytea NOT NULL
);
CREATE TABLE public.attachments (
    id text NOT NULL COLLATE pg_catalog."C",
    record_id text NOT NULL COLLATE pg_catalog."C",
    subject text NOT NULL COLLATE pg_catalog."C",
    device_id text NOT NULL COLLATE pg_catalog."C",
    chunks bigint NOT NULL,
    whole bigint NOT NULL,
    began_at bigint NOT NULL,
    body bytea NOT NULL,
    content_key bytea NOT NULL,
    line_mac bytea NOT NULL
);
CREATE TABLE public.attempts (
    name_hash bytea NOT NULL,
    failures bigint NOT NULL,
    next_at bigint NOT NULL
);
CREATE TABLE public.chains (
    device_id text NOT NULL COLLATE pg_catalog."C",
    generation bigint NOT NULL,
    last_seq bigint NOT NULL,
    head bytea NOT NULL
);
CREATE TABLE public.cosignatures (
    device_id text NOT NULL,
    generation bigint NOT NULL,
    size bigint NOT NULL,
    at bigint NOT NULL,
    body bytea NOT NULL
);
CREATE TABLE public.counters (
    name text NOT NULL COLLATE pg_catalog."C",
    value bigint NOT NULL
);
CREATE TABLE public.credentials (
    device_id text NOT NULL COLLATE pg_catalog."C",
    epoch bigint NOT NULL,
    person_id text NOT NULL COLLATE pg_catalog."C",
    expires_at bigint NOT NULL,
    body bytea NOT NULL
);
CREATE TABLE public.devices (
    id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    machine text NOT NULL COLLATE pg_catalog."C",
    keys bytea NOT NULL,
    epoch bigint NOT NULL,
    expires_at bigint NOT NULL,
    enrolled_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    synced_at bigint NOT NULL,
    revoked_at bigint NOT NULL,
    page bigint NOT NULL,
    quarantined_at bigint DEFAULT 0 NOT NULL,
    released_at bigint DEFAULT 0 NOT NULL,
    label text DEFAULT ''::text NOT NULL,
    replaced_by text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.devices_waiting (
    id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    request_id text NOT NULL COLLATE pg_catalog."C",
    machine text NOT NULL COLLATE pg_catalog."C",
    keys bytea NOT NULL,
    way text NOT NULL,
    asked_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    approved_at bigint NOT NULL,
    refused_at bigint NOT NULL
);
CREATE TABLE public.enrolments (
    request_id text NOT NULL COLLATE pg_catalog."C",
    device_id text NOT NULL COLLATE pg_catalog."C",
    epoch bigint NOT NULL
);
CREATE TABLE public.entries (
    id bigint NOT NULL,
    hash bytea NOT NULL,
    raw bytea NOT NULL,
    device_id text NOT NULL COLLATE pg_catalog."C",
    generation bigint NOT NULL,
    seq bigint NOT NULL,
    covered bigint NOT NULL,
    verdict text NOT NULL COLLATE pg_catalog."C",
    is_system bigint NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    person_id text NOT NULL COLLATE pg_catalog."C",
    epoch bigint NOT NULL,
    not_before bigint NOT NULL,
    received_at bigint NOT NULL,
    subject text NOT NULL COLLATE pg_catalog."C",
    record_id text NOT NULL COLLATE pg_catalog."C",
    assignment_id text NOT NULL COLLATE pg_catalog."C",
    peer text NOT NULL COLLATE pg_catalog."C",
    pair bytea NOT NULL,
    lone bigint NOT NULL,
    address text NOT NULL COLLATE pg_catalog."C",
    carrier text NOT NULL COLLATE pg_catalog."C",
    payload_subject text NOT NULL COLLATE pg_catalog."C",
    payload bytea NOT NULL,
    payload_state bigint NOT NULL,
    unit_set bigint DEFAULT 0 NOT NULL
);
CREATE TABLE public.erasures (
    number bigint NOT NULL,
    subject text NOT NULL COLLATE pg_catalog."C",
    at bigint NOT NULL
);
CREATE TABLE public.feeds (
    name text NOT NULL,
    place bigint NOT NULL,
    holder text NOT NULL,
    until bigint NOT NULL
);
CREATE TABLE public.findings (
    id bigint NOT NULL,
    code text NOT NULL COLLATE pg_catalog."C",
    device_id text NOT NULL COLLATE pg_catalog."C",
    person_id text NOT NULL COLLATE pg_catalog."C",
    generation bigint NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    at bigint NOT NULL,
    times bigint NOT NULL,
    closed_at bigint NOT NULL
);
CREATE TABLE public.goose_db_version (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.goose_db_version ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.goose_db_version_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hours (
    hour bigint NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL
);
CREATE TABLE public.late (
    day bigint NOT NULL,
    received_at bigint NOT NULL,
    last bigint NOT NULL,
    first bigint NOT NULL,
    person_id text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.log_tiles (
    level bigint NOT NULL,
    number bigint NOT NULL,
    hashes bytea NOT NULL
);
ALTER TABLE ONLY public.log_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;
CREATE TABLE public.nonces (
    device_id text NOT NULL COLLATE pg_catalog."C",
    nonce bytea NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.operations (
    assignment_id text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    entry_id bigint NOT NULL
);
CREATE TABLE public.record_held (
    record_id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.record_people (
    record_id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.records (
    id text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    subject text NOT NULL COLLATE pg_catalog."C",
    unit_id text NOT NULL COLLATE pg_catalog."C",
    restricted bigint NOT NULL,
    held bigint NOT NULL,
    body bytea NOT NULL,
    cipher bytea NOT NULL,
    content_key bytea NOT NULL,
    line_mac bytea NOT NULL
);
CREATE TABLE public.role_grants (
    role_id text NOT NULL COLLATE pg_catalog."C",
    right_name text NOT NULL COLLATE pg_catalog."C",
    scope text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.roles (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.sent (
    device_id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    thing_id text NOT NULL COLLATE pg_catalog."C",
    mark text NOT NULL COLLATE pg_catalog."C",
    loan_until bigint NOT NULL,
    page bigint NOT NULL,
    gone bigint NOT NULL
);
CREATE TABLE public.sign_in_links (
    link_key bytea NOT NULL,
    user_id text NOT NULL,
    kind text NOT NULL
);
CREATE TABLE public.sign_ins_spent (
    state bytea NOT NULL,
    until bigint NOT NULL
);
CREATE TABLE public.subject_keys (
    subject text NOT NULL COLLATE pg_catalog."C",
    wrapped bytea NOT NULL,
    destroyed_at bigint NOT NULL
);
CREATE TABLE public.unit_sets (
    id bigint NOT NULL,
    unit_id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.units (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.user_roles (
    user_id text NOT NULL COLLATE pg_catalog."C",
    role_id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.user_units (
    user_id text NOT NULL COLLATE pg_catalog."C",
    unit_id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.users (
    id text NOT NULL COLLATE pg_catalog."C",
    username text NOT NULL COLLATE pg_catalog."C",
    first_name text NOT NULL COLLATE pg_catalog."C",
    last_name text NOT NULL COLLATE pg_catalog."C",
    password text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    disabled_at bigint NOT NULL
);
INSERT INTO public.assignment_people VALUES ('x', 'x');
INSERT INTO public.assignment_versions VALUES ('x', 7, '\x0102');
INSERT INTO public.assignments VALUES ('x', 7, 'x', 'x', 'x', '\x0102', 7);
INSERT INTO public.attachment_chunks VALUES ('x', 7, '\x0102', '\x0102');
INSERT INTO public.attachments VALUES ('x', 'x', 'x', 'x', 7, 7, 7, '\x0102', '\x0102', '\x0102');
INSERT INTO public.attempts VALUES ('\x0102', 7, 7);
INSERT INTO public.chains VALUES ('x', 7, 7, '\x0102');
INSERT INTO public.cosignatures VALUES ('x', 7, 7, 7, '\x0102');
INSERT INTO public.counters VALUES ('entries', 0);
INSERT INTO public.counters VALUES ('x', 7);
INSERT INTO public.credentials VALUES ('x', 7, 'x', 7, '\x0102');
INSERT INTO public.devices VALUES ('x', 'x', 'x', '\x0102', 7, 7, 7, 7, 7, 7, 7, 7, 7, 'x', 'x');
INSERT INTO public.devices_waiting VALUES ('x', 'x', 'x', 'x', '\x0102', 'x', 7, 7, 7, 7);
INSERT INTO public.enrolments VALUES ('x', 'x', 7);
INSERT INTO public.entries VALUES (7, '\x0102', '\x0102', 'x', 7, 7, 7, 'x', 7, 'x', 'x', 7, 7, 7, 'x', 'x', 'x', 'x', '\x0102', 7, 'x', 'x', 'x', '\x0102', 7, 7);
INSERT INTO public.erasures VALUES (7, 'x', 7);
INSERT INTO public.feeds VALUES ('x', 7, 'x', 7);
INSERT INTO public.findings VALUES (7, 'x', 'x', 'x', 7, 7, '\x0102', 7, 7, 7);
INSERT INTO public.goose_db_version VALUES (1, 0, true, '2026-11-22 14:12:27.101728');
INSERT INTO public.goose_db_version VALUES (2, 1, true, '2026-11-22 14:12:27.104717');
INSERT INTO public.goose_db_version VALUES (3, 2, true, '2026-11-22 14:12:27.129236');
INSERT INTO public.goose_db_version VALUES (4, 3, true, '2026-11-22 14:12:27.131398');
INSERT INTO public.goose_db_version VALUES (5, 4, true, '2026-11-22 14:12:27.135844');
INSERT INTO public.goose_db_version VALUES (6, 5, true, '2026-11-22 14:12:27.136771');
INSERT INTO public.goose_db_version VALUES (7, 6, true, '2026-11-22 14:12:27.137453');
INSERT INTO public.goose_db_version VALUES (8, 7, true, '2026-11-22 14:12:27.139528');
INSERT INTO public.goose_db_version VALUES (9, 8, true, '2026-11-22 14:12:27.147246');
INSERT INTO public.goose_db_version VALUES (10, 9, true, '2026-11-22 14:12:27.148219');
INSERT INTO public.goose_db_version VALUES (11, 10, true, '2026-11-22 14:12:27.150025');
INSERT INTO public.goose_db_version VALUES (12, 11, true, '2026-11-22 14:12:27.152802');
INSERT INTO public.goose_db_version VALUES (13, 12, true, '2026-11-22 14:12:27.15406');
INSERT INTO public.goose_db_version VALUES (14, 13, true, '2026-11-22 14:12:27.158846');
INSERT INTO public.hours VALUES (7, 7, 7);
INSERT INTO public.late VALUES (7, 7, 7, 7, 'x');
INSERT INTO public.log_tiles VALUES (7, 7, '\x0102');
INSERT INTO public.nonces VALUES ('x', '\x0102', 7);
INSERT INTO public.operations VALUES ('x', 7, 7);
INSERT INTO public.record_held VALUES ('x', 'x');
INSERT INTO public.record_people VALUES ('x', 'x');
INSERT INTO public.records VALUES ('x', 7, 'x', 'x', 7, 7, '\x0102', '\x0102', '\x0102', '\x0102');
INSERT INTO public.role_grants VALUES ('x', 'x', 'x');
INSERT INTO public.roles VALUES ('x', 'x');
INSERT INTO public.sent VALUES ('x', 'x', 'x', 'x', 7, 7, 7);
INSERT INTO public.sign_in_links VALUES ('\x0102', 'x', 'x');
INSERT INTO public.sign_ins_spent VALUES ('\x0102', 7);
INSERT INTO public.subject_keys VALUES ('x', '\x0102', 7);
INSERT INTO public.unit_sets VALUES (7, 'x');
INSERT INTO public.units VALUES ('x', 'x');
INSERT INTO public.user_roles VALUES ('x', 'x');
INSERT INTO public.user_units VALUES ('x', 'x');
INSERT INTO public.users VALUES ('x', 'x', 'x', 'x', 'x', 7, 7);
SELECT pg_catalog.setval('public.goose_db_version_id_seq', 14, true);
ALTER TABLE ONLY public.assignment_people
    ADD CONSTRAINT assignment_people_pkey PRIMARY KEY (assignment_id, user_id);
ALTER TABLE ONLY public.assignment_versions
    ADD CONSTRAINT assignment_versions_pkey PRIMARY KEY (assignment_id, number);
ALTER TABLE ONLY public.assignments
    ADD CONSTRAINT assignments_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.attachment_chunks
    ADD CONSTRAINT attachment_chunks_pkey PRIMARY KEY (attachment_id, number);
ALTER TABLE ONLY public.attachments
    ADD CONSTRAINT attachments_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (name_hash);
ALTER TABLE ONLY public.chains
    ADD CONSTRAINT chains_pkey PRIMARY KEY (device_id, generation);
ALTER TABLE ONLY public.cosignatures
    ADD CONSTRAINT cosignatures_pkey PRIMARY KEY (device_id);
ALTER TABLE ONLY public.counters
    ADD CONSTRAINT counters_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.credentials
    ADD CONSTRAINT credentials_pkey PRIMARY KEY (device_id, epoch);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.devices_waiting
    ADD CONSTRAINT devices_waiting_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_pkey PRIMARY KEY (request_id);
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_device_id_generation_seq_hash_key UNIQUE (device_id, generation, seq, hash);
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_subject_key UNIQUE (subject);
ALTER TABLE ONLY public.feeds
    ADD CONSTRAINT feeds_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.findings
    ADD CONSTRAINT findings_code_device_id_generation_seq_hash_key UNIQUE (code, device_id, generation, seq, hash);
ALTER TABLE ONLY public.findings
    ADD CONSTRAINT findings_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.goose_db_version
    ADD CONSTRAINT goose_db_version_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hours
    ADD CONSTRAINT hours_pkey PRIMARY KEY (hour);
ALTER TABLE ONLY public.late
    ADD CONSTRAINT late_pkey PRIMARY KEY (day, last);
ALTER TABLE ONLY public.log_tiles
    ADD CONSTRAINT log_tiles_pkey PRIMARY KEY (level, number);
ALTER TABLE ONLY public.nonces
    ADD CONSTRAINT nonces_pkey PRIMARY KEY (device_id, nonce);
ALTER TABLE ONLY public.operations
    ADD CONSTRAINT operations_assignment_id_entry_id_key UNIQUE (assignment_id, entry_id);
ALTER TABLE ONLY public.operations
    ADD CONSTRAINT operations_pkey PRIMARY KEY (assignment_id, number);
ALTER TABLE ONLY public.record_held
    ADD CONSTRAINT record_held_pkey PRIMARY KEY (record_id, user_id);
ALTER TABLE ONLY public.record_people
    ADD CONSTRAINT record_people_pkey PRIMARY KEY (record_id, user_id);
ALTER TABLE ONLY public.records
    ADD CONSTRAINT records_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.role_grants
    ADD CONSTRAINT role_grants_pkey PRIMARY KEY (role_id, right_name, scope);
ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sent
    ADD CONSTRAINT sent_pkey PRIMARY KEY (device_id, kind, thing_id);
ALTER TABLE ONLY public.sign_in_links
    ADD CONSTRAINT sign_in_links_pkey PRIMARY KEY (link_key);
ALTER TABLE ONLY public.sign_ins_spent
    ADD CONSTRAINT sign_ins_spent_pkey PRIMARY KEY (state);
ALTER TABLE ONLY public.subject_keys
    ADD CONSTRAINT subject_keys_pkey PRIMARY KEY (subject);
ALTER TABLE ONLY public.unit_sets
    ADD CONSTRAINT unit_sets_pkey PRIMARY KEY (unit_id, id);
ALTER TABLE ONLY public.units
    ADD CONSTRAINT units_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_pkey PRIMARY KEY (user_id, role_id);
ALTER TABLE ONLY public.user_units
    ADD CONSTRAINT user_units_pkey PRIMARY KEY (user_id, unit_id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_username_key UNIQUE (username);
CREATE INDEX assignment_people_user ON public.assignment_people USING btree (user_id, assignment_id);
CREATE INDEX assignments_record ON public.assignments USING btree (record_id);
CREATE INDEX assignments_subject ON public.assignments USING btree (subject);
CREATE INDEX attachments_record ON public.attachments USING btree (record_id);
CREATE INDEX attachments_subject ON public.attachments USING btree (subject);
CREATE INDEX attachments_whole ON public.attachments USING btree (whole, began_at);
CREATE INDEX cosignatures_size ON public.cosignatures USING btree (size, device_id);
CREATE INDEX devices_user ON public.devices USING btree (user_id);
CREATE INDEX devices_waiting_expires ON public.devices_waiting USING btree (expires_at);
CREATE INDEX devices_waiting_user ON public.devices_waiting USING btree (user_id);
CREATE INDEX entries_assignment ON public.entries USING btree (assignment_id, id) WHERE (assignment_id <> ''::text);
CREATE INDEX entries_copies ON public.entries USING btree (record_id, kind, device_id, peer, id) WHERE (kind = ANY (ARRAY['system.record_sent'::text, 'share.sent'::text, 'share.received'::text, 'share.refused'::text, 'record.expired'::text, 'attachment.exported'::text]));
CREATE INDEX entries_device ON public.entries USING btree (device_id, id);
CREATE INDEX entries_erased ON public.entries USING btree (subject, device_id, id) WHERE (kind = 'subject.erased'::text);
CREATE INDEX entries_guard ON public.entries USING btree (device_id, kind, id) WHERE (kind = ANY (ARRAY['device.enrolled'::text, 'device.factors_changed'::text, 'device.wiped'::text]));
CREATE INDEX entries_hash ON public.entries USING btree (device_id, hash);
CREATE INDEX entries_heads ON public.entries USING btree (peer) WHERE ((lone = 1) AND (kind = 'head.seen'::text));
CREATE INDEX entries_kind ON public.entries USING btree (kind, id);
CREATE INDEX entries_lone ON public.entries USING btree (lone, received_at, id) WHERE (lone = 1);
CREATE INDEX entries_pair ON public.entries USING btree (pair, id) WHERE (length(pair) > 0);
CREATE INDEX entries_person ON public.entries USING btree (person_id, id);
CREATE INDEX entries_record ON public.entries USING btree (record_id, id) WHERE (record_id <> ''::text);
CREATE INDEX entries_subject ON public.entries USING btree (subject, id) WHERE (subject <> ''::text);
CREATE INDEX entries_told ON public.entries USING btree (peer, id) WHERE (is_system = 1);
CREATE INDEX entries_unit ON public.entries USING btree (unit_set, id) WHERE (unit_set <> 0);
CREATE INDEX findings_code ON public.findings USING btree (code, id);
CREATE INDEX findings_device ON public.findings USING btree (device_id, id);
CREATE INDEX findings_hash ON public.findings USING btree (hash);
CREATE INDEX findings_open ON public.findings USING btree (id) WHERE (closed_at = 0);
CREATE INDEX findings_person ON public.findings USING btree (person_id, id);
CREATE INDEX late_person ON public.late USING btree (day, person_id, last);
CREATE INDEX nonces_at ON public.nonces USING btree (at);
CREATE INDEX record_held_user ON public.record_held USING btree (user_id, record_id);
CREATE INDEX record_people_user ON public.record_people USING btree (user_id, record_id);
CREATE INDEX records_subject ON public.records USING btree (subject);
CREATE INDEX sent_thing ON public.sent USING btree (kind, thing_id);
CREATE INDEX sign_in_links_user ON public.sign_in_links USING btree (user_id);
CREATE INDEX unit_sets_id ON public.unit_sets USING btree (id);
ALTER TABLE ONLY public.assignment_people
    ADD CONSTRAINT assignment_people_assignment_id_fkey FOREIGN KEY (assignment_id) REFERENCES public.assignments(id);
ALTER TABLE ONLY public.assignment_people
    ADD CONSTRAINT assignment_people_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.assignment_versions
    ADD CONSTRAINT assignment_versions_assignment_id_fkey FOREIGN KEY (assignment_id) REFERENCES public.assignments(id);
ALTER TABLE ONLY public.assignments
    ADD CONSTRAINT assignments_unit_id_fkey FOREIGN KEY (unit_id) REFERENCES public.units(id);
ALTER TABLE ONLY public.attachment_chunks
    ADD CONSTRAINT attachment_chunks_attachment_id_fkey FOREIGN KEY (attachment_id) REFERENCES public.attachments(id);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.devices_waiting
    ADD CONSTRAINT devices_waiting_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.operations
    ADD CONSTRAINT operations_assignment_id_fkey FOREIGN KEY (assignment_id) REFERENCES public.assignments(id);
ALTER TABLE ONLY public.operations
    ADD CONSTRAINT operations_entry_id_fkey FOREIGN KEY (entry_id) REFERENCES public.entries(id);
ALTER TABLE ONLY public.record_held
    ADD CONSTRAINT record_held_record_id_fkey FOREIGN KEY (record_id) REFERENCES public.records(id);
ALTER TABLE ONLY public.record_held
    ADD CONSTRAINT record_held_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.record_people
    ADD CONSTRAINT record_people_record_id_fkey FOREIGN KEY (record_id) REFERENCES public.records(id);
ALTER TABLE ONLY public.record_people
    ADD CONSTRAINT record_people_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.records
    ADD CONSTRAINT records_unit_id_fkey FOREIGN KEY (unit_id) REFERENCES public.units(id);
ALTER TABLE ONLY public.role_grants
    ADD CONSTRAINT role_grants_role_id_fkey FOREIGN KEY (role_id) REFERENCES public.roles(id);
ALTER TABLE ONLY public.sign_in_links
    ADD CONSTRAINT sign_in_links_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_role_id_fkey FOREIGN KEY (role_id) REFERENCES public.roles(id);
ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.user_units
    ADD CONSTRAINT user_units_unit_id_fkey FOREIGN KEY (unit_id) REFERENCES public.units(id);
ALTER TABLE ONLY public.user_units
    ADD CONSTRAINT user_units_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
