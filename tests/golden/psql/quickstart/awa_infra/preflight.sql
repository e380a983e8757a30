-- Changes nothing: it reads, and keeps what it found in settings of its session.
-- Never touches jobs, other schemas, or which storage is active.
-- Until the end of the transaction: a login that inherits nothing of the owner of schema awa, but may act as it, cannot
-- read the schema otherwise.
DO $awa_infra$
BEGIN
    PERFORM set_config('role', pg_catalog.pg_get_userbyid(n.nspowner)::text, true)
       FROM pg_catalog.pg_namespace n
      CROSS JOIN (SELECT CASE WHEN current_setting('server_version_num')::int < 160000
                              THEN 'MEMBER' ELSE 'SET' END AS option) may
      WHERE n.nspname = 'awa'
        AND NOT pg_has_role(n.nspowner, 'USAGE')
        AND pg_has_role(n.nspowner, may.option)
        AND pg_has_role(session_user, n.nspowner, may.option);
END
$awa_infra$;

-- What this bundle makes and what is found in the database, in settings of the session. This only reads. An object that
-- is missing, or not readable by this role, is a difference, not an error.
DO $awa_infra$
DECLARE
    facts     jsonb := '[]';
    relations CONSTANT text[] := string_to_array('acme_jobs.claim_ring_state acme_jobs.lease_ring_state acme_jobs.queue_ring_state awa.schema_version awa.storage_transition_state', ' ');
    there     CONSTANT text[] := ARRAY(
        SELECT n.nspname || '.' || c.relname
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'v') AND n.nspname || '.' || c.relname = ANY (relations));
    readable  CONSTANT text[] := ARRAY(
        SELECT n.nspname || '.' || c.relname
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname || '.' || c.relname = ANY (there)
           AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'));
BEGIN
    -- 'schema awa: version'
    IF string_to_array('awa.schema_version', ' ') <@ readable THEN
        facts := facts || coalesce(
            (SELECT jsonb_agg(jsonb_build_object('what', fact.what, 'expected', fact.expected,
                                                 'found', coalesce(fact.found, 'nothing'), 'brought', true))
               FROM (
SELECT 'schema awa: version', 40::text, max(version)::text
  FROM awa.schema_version
UNION ALL
SELECT 'schema awa: versions recorded', 39::text, count(*)::text
  FROM awa.schema_version
 WHERE version <= 40
                    ) AS fact (what, expected, found)), '[]');
    ELSE
        facts := facts || jsonb_build_array(jsonb_build_object(
            'what', 'schema awa: version', 'expected', '40', 'brought', true,
            'found', CASE WHEN string_to_array('awa.schema_version', ' ') <@ there
                          THEN format('not readable by role %s', current_user) ELSE 'not there' END));
    END IF;

    -- 'schema awa: patch wait_free_dirty_marks'
    IF string_to_array('', ' ') <@ readable THEN
        facts := facts || coalesce(
            (SELECT jsonb_agg(jsonb_build_object('what', fact.what, 'expected', fact.expected,
                                                 'found', coalesce(fact.found, 'nothing'), 'brought', true))
               FROM (
SELECT 'schema awa: patch wait_free_dirty_marks', 'applied', CASE WHEN probe.applied THEN 'applied' ELSE 'missing' END
  FROM (
-- Whether Awa's repeatable patch wait_free_dirty_marks (0.6.8 and 0.6.9) is applied in full: both marks
-- tables, four functions that use them, and a refresh function that uses them and truncates nothing.
SELECT (SELECT count(*)
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'awa' AND c.relkind = 'r'
           AND c.relname IN ('admin_dirty_queue_marks', 'admin_dirty_kind_marks')) = 2
   AND (SELECT count(*)
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'awa'
           AND p.proname IN ('mark_dirty_keys_insert', 'mark_dirty_keys_update', 'mark_dirty_keys_delete',
                             'recompute_dirty_admin_metadata')
           AND strpos(p.prosrc, 'admin_dirty_queue_marks') > 0) = 4
   AND (SELECT count(*)
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'awa' AND p.proname = 'refresh_admin_metadata'
           AND strpos(p.prosrc, 'admin_dirty_queue_marks') > 0
           AND p.prosrc !~* 'truncate') = 1 AS applied
       ) AS probe
                    ) AS fact (what, expected, found)), '[]');
    ELSE
        facts := facts || jsonb_build_array(jsonb_build_object(
            'what', 'schema awa: patch wait_free_dirty_marks', 'expected', 'applied', 'brought', true,
            'found', CASE WHEN string_to_array('', ' ') <@ there
                          THEN format('not readable by role %s', current_user) ELSE 'not there' END));
    END IF;

    -- 'queue storage acme_jobs: queue/lease/claim slots, receipts'
    IF string_to_array('acme_jobs.queue_ring_state acme_jobs.lease_ring_state acme_jobs.claim_ring_state', ' ') <@ readable THEN
        facts := facts || coalesce(
            (SELECT jsonb_agg(jsonb_build_object('what', fact.what, 'expected', fact.expected,
                                                 'found', coalesce(fact.found, 'nothing'), 'brought', true))
               FROM (
SELECT 'queue storage acme_jobs: queue/lease/claim slots, receipts', '16/8/8 t',
       format('%s/%s/%s %s', q.slot_count, l.slot_count, c.slot_count,
              (SELECT bool_or(p.prosrc ~* 'insert into [^ ]*lease_claim')
                 FROM pg_catalog.pg_proc p
                 JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                WHERE n.nspname = 'acme_jobs' AND p.proname = 'claim_ready_runtime'))
  FROM "acme_jobs".queue_ring_state q
 CROSS JOIN "acme_jobs".lease_ring_state l
 CROSS JOIN "acme_jobs".claim_ring_state c
                    ) AS fact (what, expected, found)), '[]');
    ELSE
        facts := facts || jsonb_build_array(jsonb_build_object(
            'what', 'queue storage acme_jobs: queue/lease/claim slots, receipts', 'expected', '16/8/8 t', 'brought', true,
            'found', CASE WHEN string_to_array('acme_jobs.queue_ring_state acme_jobs.lease_ring_state acme_jobs.claim_ring_state', ' ') <@ there
                          THEN format('not readable by role %s', current_user) ELSE 'not there' END));
    END IF;

    -- 'job routing (for information)'
    IF string_to_array('awa.storage_transition_state', ' ') <@ readable THEN
        facts := facts || coalesce(
            (SELECT jsonb_agg(jsonb_build_object('what', fact.what, 'expected', fact.expected,
                                                 'found', coalesce(fact.found, 'nothing'), 'brought', false))
               FROM (
-- Where new jobs go. This bundle never changes it; on a new database it is canonical until the first worker starts.
SELECT 'job routing (for information)', NULL, t.state || ', engine ' || t.current_engine
  FROM awa.storage_transition_state t
                    ) AS fact (what, expected, found)), '[]');
    ELSE
        facts := facts || jsonb_build_array(jsonb_build_object(
            'what', 'job routing (for information)', 'expected', NULL, 'brought', false,
            'found', CASE WHEN string_to_array('awa.storage_transition_state', ' ') <@ there
                          THEN format('not readable by role %s', current_user) ELSE 'not there' END));
    END IF;
    PERFORM set_config('awa_infra.facts', facts::text, false),
            set_config('awa_infra.pending',
                       (SELECT coalesce(bool_or(f.brought AND f.expected <> f.found), false)::text
                          FROM jsonb_to_recordset(facts) AS f (brought boolean, expected text, found text)), false);
END
$awa_infra$;

-- Conditions that must hold before anything runs. This only reads, and collects every condition that fails
-- in a setting of the session; stop.sql then reports all of them at once.
DO $awa_infra$
DECLARE
    problems text[] := ARRAY[]::text[];
    problem  record;
    -- Whether anything that this bundle makes is missing; some conditions only apply then.
    pending  CONSTANT boolean := current_setting('awa_infra.pending', true) IS DISTINCT FROM 'false';
    -- Whether the migration lock has just been taken: earlier answers may be outdated.
    fresh    CONSTANT boolean := current_setting('awa_infra.fresh', true) IS DISTINCT FROM 'false';
    -- The tables that this role can read. A condition about a missing table does not apply; its
    -- query is then never planned, because PL/pgSQL plans a statement when it first runs it.
    readable CONSTANT text[] := ARRAY(
        SELECT n.nspname || '.' || c.relname
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'v')
           AND n.nspname || '.' || c.relname = ANY (string_to_array('acme_jobs.claim_ring_state acme_jobs.lease_ring_state acme_jobs.queue_ring_state awa.schema_version awa.storage_transition_state', ' '))
           AND has_schema_privilege(n.oid, 'USAGE')
           AND has_table_privilege(c.oid, 'SELECT'));
BEGIN
    -- 'history-unreadable, for the operator who runs the bundle'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- A role that may not read the versions of the schema does not know its version. That is no lost history: the table
-- is there.
SELECT 'history-unreadable' AS code,
       format('Role %I may not read table awa.schema_version in database %I: it lacks %s.', current_user,
              current_database(),
              concat_ws(' and ',
                        CASE WHEN NOT has_schema_privilege(n.oid, 'USAGE') THEN 'USAGE on schema awa' END,
                        CASE WHEN NOT has_table_privilege(c.oid, 'SELECT') THEN 'SELECT on the table' END)) AS message,
       CASE WHEN pg_has_role(c.relowner, 'MEMBER')
            THEN format('Act as the owner %1$I, of which it is a member: --role %1$I here, SET ROLE elsewhere. Or let it '
                        'inherit what the owner may: %2$s',
                        pg_catalog.pg_get_userbyid(c.relowner),
                        CASE WHEN current_setting('server_version_num')::int < 160000
                             THEN format('ALTER ROLE %I INHERIT;', current_user)
                             ELSE format('GRANT %I TO %I WITH INHERIT TRUE;', pg_catalog.pg_get_userbyid(c.relowner),
                                         current_user) END)
            ELSE format('To migrate, connect as the owner %I. To read only, let that role run GRANT USAGE ON SCHEMA awa TO %I; GRANT SELECT ON awa.schema_version TO %I;',
                        pg_catalog.pg_get_userbyid(c.relowner), current_user, current_user)
       END AS hint
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'awa' AND c.relname = 'schema_version' AND c.relkind IN ('r', 'p', 'v')
   AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'legacy-numbering, for the operator who runs the bundle'
    IF true AND string_to_array('awa.schema_version', ' ') <@ readable THEN
        FOR problem IN
-- Before 0.4 Awa numbered its migrations differently. awa-infra apply rewrites the rows; the files of a bundle
-- cannot. Two tables show which numbering it is: they exist from version 2 and 4 of today's numbering on.
SELECT 'legacy-numbering' AS code,
       format('Schema awa in database %I has version rows in the numbering of Awa before 0.4 (highest: %s).',
              current_database(), max(version)) AS message,
       'Run awa migrate of the awa-cli release you are moving to once; it renumbers. Back up first.' AS hint
  FROM awa.schema_version
HAVING (max(version) IN (2, 3)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                         WHERE n.nspname = 'awa' AND c.relname = 'runtime_instances'))
    OR (max(version) BETWEEN 4 AND 8
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                         WHERE n.nspname = 'awa' AND c.relname = 'queue_state_counts'))
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'not-owner, for the operator who runs the bundle'
    IF pending AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- Migrations replace functions and alter tables of schema awa, which only their owner may. They act as the owner; from
-- PostgreSQL 16 on a member may be one without the right to do so.
SELECT 'not-owner' AS code,
       CASE WHEN pg_has_role(n.nspowner, 'MEMBER')
            THEN format('Role %I is a member of %I, which owns schema awa, but may not act as it.', current_user, o.owner)
            ELSE format('Role %I neither owns schema awa nor is a member of its owner %I.', current_user, o.owner)
       END AS message,
       CASE WHEN pg_has_role(n.nspowner, 'MEMBER')
            THEN format('As an administrator: GRANT %I TO %I WITH SET TRUE;', o.owner, current_user)
            ELSE format('Connect as %I or as a member of it.', o.owner)
       END AS hint
  FROM pg_catalog.pg_namespace n
 CROSS JOIN LATERAL (SELECT pg_catalog.pg_get_userbyid(n.nspowner) AS owner) o
 WHERE n.nspname = 'awa'
   AND NOT pg_has_role(n.nspowner, CASE WHEN current_setting('server_version_num')::int < 160000
                                        THEN 'MEMBER' ELSE 'SET' END)
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'line-ends, for the operator who runs the bundle'
    IF pending AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- A checkout or a copy may convert the line ends of every file. This tool runs a text as it is in the file, and PostgreSQL
-- keeps the body of a function as it is in the text. There is one line end here to look at.
SELECT 'line-ends' AS code,
       'The files of this bundle have the line ends of Windows (CRLF). Functions of Awa would be stored with them, and '
       'differ from those of the release.' AS message,
       'Take the files as they were handed out, the file .gitattributes too: then git leaves them alone, and '
       'sha256sum -c SHA256SUMS finds every one of them.' AS hint
 WHERE position(chr(13) IN '
') > 0
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'auto-row-security, for the administrator of the server'
    IF pending AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- Such a trigger is meant for the tables of an application's API. Workers do not own Awa's tables, so without a policy
-- they would see no job and insert none.
SELECT 'auto-row-security' AS code,
       format('Event trigger %I of database %I enables row security on every new table, and so would keep workers from '
              'Awa''s jobs.', e.evtname, current_database()) AS message,
       format('As its owner: ALTER EVENT TRIGGER %1$I DISABLE; run this; ALTER EVENT TRIGGER %1$I ENABLE; or let function '
              '%2$s leave out schema awa and every custom queue-storage schema, by name.', e.evtname, p.oid::regprocedure)
         AS hint
  FROM pg_catalog.pg_event_trigger e
  JOIN pg_catalog.pg_proc p ON p.oid = e.evtfoid
 WHERE e.evtenabled IN ('O', 'A')
   AND e.evtevent = 'ddl_command_end'
   AND p.prosrc ~* 'enable[[:space:]]+row[[:space:]]+level[[:space:]]+security'
   AND p.prosrc !~ '(^|[^a-z_])awa([^a-z_]|$)'
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'blocking-session, for the administrator of the server'
    IF pending AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- Migrations take exclusive locks on Awa's tables. A session that has held any lock on one of them for long would
-- make them wait, and all other sessions behind them. Without pg_read_all_stats a role sees only its own sessions here.
-- PostgreSQL cancels an automatic vacuum that is in the way (deadlock_timeout), unless it prevents wraparound.
SELECT 'blocking-session' AS code,
       format('%s has held locks on tables of %s in a transaction of %s s; it is %s.',
              CASE WHEN a.backend_type = 'autovacuum worker'
                   THEN format('The automatic vacuum %s, which prevents wraparound and is not cancelled,', a.pid)
                   ELSE format('Session %s (user %s%s)', a.pid, a.usename,
                               coalesce(', ' || nullif(a.application_name, ''), '')) END,
              string_agg(DISTINCT n.nspname, ' and '),
              extract(epoch FROM clock_timestamp() - a.xact_start)::int, a.state) AS message,
       format('Wait for it or end it with SELECT pg_terminate_backend(%s).',
              a.pid) AS hint
  FROM pg_catalog.pg_stat_activity a
  JOIN pg_catalog.pg_locks l ON l.pid = a.pid AND l.granted AND l.locktype = 'relation'
  JOIN pg_catalog.pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p', 'i', 'I', 'S')
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE a.datname = current_database()
   AND a.pid <> pg_backend_pid()
   AND (a.backend_type IS DISTINCT FROM 'autovacuum worker' OR a.query LIKE '%(to prevent wraparound)')
   AND a.xact_start < clock_timestamp() - interval '10 seconds'
   AND (n.nspname = 'awa'
        OR EXISTS (SELECT FROM pg_catalog.pg_proc p
                    WHERE p.pronamespace = n.oid AND p.proname = 'claim_ready_runtime'))
 GROUP BY a.pid, a.usename, a.application_name, a.xact_start, a.state, a.backend_type
UNION ALL
-- A prepared transaction has no session and no end: somebody has to decide about it.
SELECT 'blocking-session',
       format('Prepared transaction %L of %s has held locks on tables of %s for %s s.', p.gid, p.owner,
              string_agg(DISTINCT n.nspname, ' and '), extract(epoch FROM clock_timestamp() - p.prepared)::int),
       format('Its transaction manager decides about it; if that is gone, run COMMIT PREPARED %L or ROLLBACK PREPARED %1$L '
              'in this database as %s or a superuser.', p.gid, p.owner)
  FROM pg_catalog.pg_prepared_xacts p
  JOIN pg_catalog.pg_locks x ON x.pid IS NULL AND x.locktype = 'transactionid' AND x.transactionid = p.transaction
  JOIN pg_catalog.pg_locks l ON l.pid IS NULL AND l.virtualtransaction = x.virtualtransaction
                            AND l.granted AND l.locktype = 'relation'
  JOIN pg_catalog.pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p', 'i', 'I', 'S')
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE p.database = current_database()
   AND p.prepared < clock_timestamp() - interval '10 seconds'
   AND (n.nspname = 'awa'
        OR EXISTS (SELECT FROM pg_catalog.pg_proc f
                    WHERE f.pronamespace = n.oid AND f.proname = 'claim_ready_runtime'))
 GROUP BY p.gid, p.owner, p.prepared
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'database-encoding, for the administrator of the server'
    IF pending AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- Functions of Awa have characters in them that no other encoding of a server can store: some migrations would fail, and
-- a client in the database's own encoding would silently store something else.
SELECT 'database-encoding' AS code,
       format('Database %I has encoding %s; Awa needs UTF8.', current_database(), current_setting('server_encoding'))
         AS message,
       'Use another database: CREATE DATABASE name ENCODING ''UTF8'' TEMPLATE template0.' AS hint
 WHERE current_setting('server_encoding') <> 'UTF8'
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'no-create-privilege, for the administrator of the server'
    IF pending AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- Awa's first migration and its queue-storage installer run CREATE SCHEMA IF NOT EXISTS at every run,
-- for which PostgreSQL asks for CREATE on the database even if the schema is there. What runs acts as the owner of
-- schema awa, once there is one.
SELECT 'no-create-privilege' AS code,
       format('Role %I may not create schemas in database %I.', a.name, current_database()) AS message,
       format('As its owner: GRANT CREATE ON DATABASE %I TO %I;', current_database(), a.name) AS hint
  FROM (SELECT coalesce((SELECT pg_catalog.pg_get_userbyid(n.nspowner)
                           FROM pg_catalog.pg_namespace n
                          WHERE n.nspname = 'awa'), current_user) AS name) a
 WHERE NOT has_database_privilege(a.name, current_database(), 'CREATE')
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'no-synchronous-standby, for the administrator of the server'
    IF pending AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- The commit would wait for ever, and all other sessions behind the locks of its transaction. Without a number the list
-- needs one of its standbys. Other receivers, such as a backup, do not count: a role without pg_read_all_stats tells them
-- by their names alone.
SELECT 'no-synchronous-standby' AS code,
       format('The server waits at every commit for a synchronous standby (synchronous_standby_names: %s), and %s of the %s '
              'that it needs %s connected.', s.list, r.connected, s.needed,
              CASE WHEN r.connected = 1 THEN 'is' ELSE 'are' END) AS message,
       format('Start the standby, or take it off that list and reload the configuration. If this database may do without: '
              'ALTER ROLE %I IN DATABASE %I SET synchronous_commit = local; then connect anew.', session_user,
              current_database()) AS hint
  FROM (SELECT x.list,
               coalesce(substring(x.list FROM '(?i)^\s*(?:(?:first|any)\s+)?([0-9]+)\s*\(')::int, 1) AS needed,
               ARRAY(SELECT lower(btrim(n.name, ' "'))
                       FROM regexp_split_to_table(
                                regexp_replace(x.list, '(?i)^\s*(?:(?:first|any)\s+)?[0-9]+\s*\(|\)\s*$', '', 'g'),
                                ',') AS n (name)) AS names
          FROM (SELECT current_setting('synchronous_standby_names') AS list) x) s
 CROSS JOIN LATERAL (
        SELECT count(*) AS connected
          FROM pg_catalog.pg_stat_replication w
         WHERE CASE WHEN w.sync_state IS NULL THEN lower(w.application_name) = ANY (s.names) OR '*' = ANY (s.names)
                    ELSE w.sync_state IN ('sync', 'quorum', 'potential') END) r
 WHERE s.list <> ''
   AND current_setting('synchronous_commit') NOT IN ('off', 'local')
   AND r.connected < s.needed
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'objects-other-owner, for the administrator of the server'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- What the owner of a schema could neither replace nor alter, and what this session cannot hand over: PostgreSQL would
-- refuse in the middle of a migration.
SELECT 'objects-other-owner' AS code,
       format('In schema %I, %s to %I, not to %I: %s%s.', s.schema,
              CASE count(*) WHEN 1 THEN '1 object belongs' ELSE format('%s objects belong', count(*)) END,
              s.belongs, s.owner,
              array_to_string((array_agg(s.name ORDER BY s.name))[:3], ', '),
              CASE WHEN count(*) > 3 THEN ' and more' ELSE '' END) AS message,
       s.hint AS hint
  FROM (
-- Objects that Awa made in schema awa and in queue-storage schemas, and that the owner of their schema can neither
-- replace nor grant on, because they belong to another role: another member of the owner migrated, or a runtime made
-- the sequences of a lane. Known by their names: what others made in these schemas is not in the list. Found by what
-- depends on the schema, which has an index; the catalogs of tables and functions have none by schema.
SELECT n.nspname::text AS schema, pg_catalog.pg_get_userbyid(n.nspowner)::text AS owner,
       pg_catalog.pg_get_userbyid(thing.owner)::text AS belongs, thing.name,
       thing.word, thing.full_name,
       pg_has_role(thing.owner, n.nspowner, 'USAGE') AS member,
       pg_has_role(thing.owner, 'USAGE')
       AND pg_has_role(n.nspowner, CASE WHEN current_setting('server_version_num')::int < 160000
                                        THEN 'MEMBER' ELSE 'SET' END) AS movable,
       format(CASE
                  -- Who may create roles may make itself a member: before 16 of all, since then of those that it made.
                  WHEN NOT pg_has_role(thing.owner, 'USAGE')
                       AND NOT (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.oid = thing.owner)
                       AND (pg_has_role(thing.owner, 'MEMBER WITH ADMIN OPTION')
                            OR current_setting('server_version_num')::int < 160000
                               AND (SELECT r.rolcreaterole FROM pg_catalog.pg_roles r WHERE r.rolname = current_user))
                      THEN 'Become a member of %1$I: GRANT %1$I TO %2$I%4$s; then awa-infra apply as %2$I hands them over; '
                  ELSE 'Run awa-infra apply as %1$I or as a superuser, which hands them over; ' END
              || 'awa-infra verify --schema %3$I lists the statements.',
              pg_catalog.pg_get_userbyid(thing.owner), current_user, n.nspname,
              CASE WHEN current_setting('server_version_num')::int < 160000 THEN '' ELSE ' WITH INHERIT TRUE' END) AS hint
  FROM pg_catalog.pg_namespace n
  JOIN pg_catalog.pg_depend m ON m.refclassid = 'pg_catalog.pg_namespace'::regclass AND m.refobjid = n.oid
 CROSS JOIN LATERAL (
        SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS word,
               c.relname::text AS name,
               -- Only a partition has a number beside its name: a table of that name alone may be somebody's copy.
               CASE WHEN c.relispartition THEN regexp_replace(c.relname, '_[0-9]+$', '') ELSE c.relname END AS known,
               format('%I.%I', n.nspname, c.relname) AS full_name, c.relowner AS owner
          FROM pg_catalog.pg_class c
         WHERE m.classid = 'pg_catalog.pg_class'::regclass AND c.oid = m.objid
           AND c.relowner <> n.nspowner AND c.relkind IN ('r', 'p', 'v', 'S')
           -- The sequence of a column goes with its table.
           AND NOT (c.relkind = 'S' AND EXISTS (
                        SELECT FROM pg_catalog.pg_depend d
                         WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
                           AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')))
        UNION ALL
        SELECT 'ROUTINE', p.proname, p.proname, format('%I.%I(%s)', n.nspname, p.proname,
                                            pg_catalog.pg_get_function_identity_arguments(p.oid)), p.proowner
          FROM pg_catalog.pg_proc p
         WHERE m.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = m.objid AND p.proowner <> n.nspowner
        UNION ALL
        SELECT 'TYPE', t.typname, t.typname, format('%I.%I', n.nspname, t.typname), t.typowner
          FROM pg_catalog.pg_type t
         WHERE m.classid = 'pg_catalog.pg_type'::regclass AND t.oid = m.objid
           AND t.typowner <> n.nspowner AND t.typtype IN ('e', 'd', 'r')) AS thing
 WHERE NOT pg_has_role(n.nspowner, thing.owner, 'USAGE')
   AND (thing.known = ANY ('{active_queue_storage_schema,active_storage_engine,admin_dirty_kind_marks,admin_dirty_kinds,admin_dirty_queue_marks,admin_dirty_queues,apply_job_kind_delta,apply_job_queue_delta,apply_queue_state_delta,apply_receipt_plane_fillfactor,assert_writable_canonical_storage,attempt_state,backoff_duration,batch_operation_items,batch_operations,canonical_live_backlog,claim_ready_runtime,claim_ring_slots,claim_ring_state,cron_jobs,deferred_jobs,delete_job_compat,dlq_entries,done_entries,ensure_lane_sequences,insert_job_compat,install_queue_storage_substrate,job_id_seq,job_kind_catalog,job_kind_descriptors,job_queue_catalog,job_state,job_state_in_bitmask,job_unique_claims,jobs,jobs_compat,jobs_hot,jobs_id_seq,lease_claim_batch_id_seq,lease_claim_batches,lease_claim_closure_batch_id_seq,lease_claim_closure_batches,lease_claim_closures,lease_claim_receipt_id_seq,lease_claims,lease_ring_slots,lease_ring_state,leases,mark_dirty_keys_delete,mark_dirty_keys_insert,mark_dirty_keys_update,notify_new_job,queue_claim_head_sequence_sync,queue_claim_heads,queue_claimer_leases,queue_claimer_state,queue_descriptors,queue_enqueue_head_sequence_sync,queue_enqueue_heads,queue_lane_sequence_name,queue_lanes,queue_meta,queue_ring_slots,queue_ring_state,queue_state_counts,queue_storage_payload_errors,queue_storage_payload_tags,queue_terminal_count_deltas,queue_terminal_live_counts,queue_terminal_rollups,ready_claim_attempt_batch_id_seq,ready_claim_attempt_batches,ready_entries,ready_segments,ready_tombstones,rebuild_admin_metadata,receipt_completion_batch_id_seq,receipt_completion_batches,receipt_completion_tombstones,recompute_dirty_admin_metadata,refresh_admin_metadata,release_queue_storage_unique_claim,reserve_enqueue_seq,runtime_instances,runtime_storage_backends,scheduled_jobs,schema_version,sequence_next_value,set_sequence_next,storage_abort,storage_auto_finalize_if_fresh,storage_enter_mixed_transition,storage_finalize,storage_prepare,storage_status,storage_transition_state,sync_job_admin_metadata,sync_job_admin_metadata_stmt_delete,sync_job_admin_metadata_stmt_insert,sync_job_admin_metadata_stmt_update,sync_job_unique_claims,terminal_jobs,write_jobs_view}'::text[])
        OR thing.name ~ '^queue_(enqueue|claim)_seq_[0-9a-f]+$')
   AND (n.nspname = 'awa'
        OR EXISTS (SELECT FROM pg_catalog.pg_proc p
                    WHERE p.pronamespace = n.oid AND p.proname = 'claim_ready_runtime'))
       ) AS s
 WHERE NOT (s.movable AND false)
 GROUP BY s.schema, s.belongs, s.owner, s.hint
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'queue-storage-other-owner, for the administrator of the server'
    IF pending AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- Whoever made the schema beforehand owns it, while what is installed there belongs to the owner of schema awa: that one
-- may not create in it, or the schema's owner could neither migrate nor drop what is in it.
SELECT 'queue-storage-other-owner' AS code,
       format('Schema %I exists in database %I and belongs to %I, not to %I, whose queue storage is to be installed there.',
              n.nspname, current_database(), pg_catalog.pg_get_userbyid(n.nspowner),
              pg_catalog.pg_get_userbyid(o.owner)) AS message,
       format('As an administrator: ALTER SCHEMA %I OWNER TO %I; or declare another name.',
              n.nspname, pg_catalog.pg_get_userbyid(o.owner)) AS hint
  FROM pg_catalog.pg_namespace n
 CROSS JOIN LATERAL (SELECT coalesce((SELECT a.nspowner FROM pg_catalog.pg_namespace a WHERE a.nspname = 'awa'),
                                     (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)) AS owner) o
 WHERE n.nspname = 'acme_jobs'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'queue_ring_state')
   AND NOT (pg_has_role(n.nspowner, o.owner, 'USAGE') AND has_schema_privilege(o.owner, n.oid, 'CREATE'))
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'queue-storage-unusable, for the administrator of the server'
    IF pending AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- Awa's migrations silently skip a queue-storage schema on which the migrating role has no USAGE, and
-- refresh the others as their owner. A skipped schema would be left behind at an older version. The migrating role is
-- the owner of schema awa.
SELECT DISTINCT 'queue-storage-unusable' AS code,
       format('Queue-storage schema %I belongs to %I, and the owner of schema awa, %I, could not migrate it.',
              n.nspname, pg_catalog.pg_get_userbyid(n.nspowner), pg_catalog.pg_get_userbyid(a.nspowner)) AS message,
       format('As an administrator: GRANT %I TO %I; or hand the schema over.',
              pg_catalog.pg_get_userbyid(n.nspowner), pg_catalog.pg_get_userbyid(a.nspowner)) AS hint
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_namespace a ON a.nspname = 'awa'
 WHERE p.proname = 'claim_ready_runtime'
   AND n.nspname <> 'awa'
   AND NOT (has_schema_privilege(a.nspowner, n.oid, 'USAGE') AND pg_has_role(a.nspowner, n.nspowner, 'USAGE'))
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'read-only, for the administrator of the server'
    IF pending AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- A tool that begins its own transactions cannot be switched to read-write from here; the engine, psql and Alembic are.
SELECT 'read-only' AS code,
       format('Database %I accepts no writes on this connection (%s).', current_database(),
              CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'the server is a standby'
                   ELSE 'default_transaction_read_only is on' END) AS message,
       CASE WHEN pg_catalog.pg_is_in_recovery()
            THEN 'Connect to the primary, with a role and database that may write.'
            ELSE format('ALTER ROLE %I IN DATABASE %I SET default_transaction_read_only = off; then connect anew.',
                        session_user, current_database()) END AS hint
 WHERE pg_catalog.pg_is_in_recovery()
    OR (NOT true AND (SELECT s.reset_val::boolean FROM pg_catalog.pg_settings s
                                  WHERE s.name = 'default_transaction_read_only'))
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'server-too-old, for the administrator of the server'
    IF pending AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- Awa needs PostgreSQL 14 for its multirange columns.
SELECT 'server-too-old' AS code,
       format('PostgreSQL %s is too old for Awa.', current_setting('server_version')) AS message,
       'Use PostgreSQL 14 or newer.' AS hint
 WHERE current_setting('server_version_num')::int < 140000
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'setting-not-allowed, for the administrator of the server'
    IF pending AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- Other settings of a role or a database are corrected for the run; these only a superuser may change.
SELECT 'setting-not-allowed' AS code,
       format('Setting %s is %s for role %I in database %I, and has to be %s while Awa is migrated; only a superuser may '
              'change it.', s.name, pg_catalog.current_setting(s.name, true), session_user, current_database(), s.value)
         AS message,
       format('As a superuser: ALTER ROLE %I IN DATABASE %I SET %s = %s; then connect anew.', session_user,
              current_database(), s.name, s.value) AS hint
  FROM (VALUES ('session_replication_role', 'origin'),
               ('plpgsql.variable_conflict', 'error')) AS s (name, value)
 WHERE pg_catalog.current_setting(s.name, true) <> s.value
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'lock-table-too-small, for the administrator of the server'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- Every relation that a transaction touches takes a place in the server's lock table until it ends. Existing
-- objects are not touched, so only missing ones count. Idle servers have some more room than this, busy ones less.
SELECT 'lock-table-too-small' AS code,
       format('Installing %s locks about %s objects in one transaction; this server''s lock table is sized for %s.',
              w.what, w.objects, s.per_transaction * s.sessions) AS message,
       format('Raise max_locks_per_transaction to %s or more and restart the server, or declare fewer slots.',
              ceil(w.objects::numeric / s.sessions)) AS hint
  FROM (SELECT string_agg(i.what, ' and ' ORDER BY i.place) AS what, sum(i.objects) AS objects
          FROM json_to_recordset('[{"place": 1, "what": "schema awa", "schema": "awa", "relation": "schema_version", "objects": 1869}, {"place": 2, "what": "queue storage acme_jobs (16/8/8 slots with receipts)", "schema": "acme_jobs", "relation": "queue_ring_state", "objects": 1499}]') AS i (place int, what text, schema text, relation text, objects int)
         WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                            WHERE n.nspname = i.schema AND c.relname = i.relation)
         GROUP BY CASE WHEN true THEN 0 ELSE i.place END) w
 CROSS JOIN (SELECT current_setting('max_locks_per_transaction')::int AS per_transaction,
                    current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int
                      AS sessions) s
 WHERE w.objects > s.per_transaction * s.sessions
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'newer-schema, for the author of the bundle'
    IF true AND string_to_array('awa.schema_version', ' ') <@ readable THEN
        FOR problem IN
-- A release must never touch a schema that a newer release migrated.
SELECT 'newer-schema' AS code,
       format('Schema awa in database %I is at version %s, newer than the %s that Awa %s knows.',
              current_database(), max(version), 40, '0.6.9') AS message,
       'Use the Awa release (awa-pg) that your newest service uses, or a newer one.' AS hint
  FROM awa.schema_version
HAVING max(version) > 40
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'queue-storage-foreign, for the author of the bundle'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
SELECT 'queue-storage-foreign' AS code,
       format('Schema %I exists in database %I and holds objects, but it is no queue-storage schema.',
              n.nspname, current_database()) AS message,
       'Choose another name for the queue-storage schema; nothing here touches foreign objects.' AS hint
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname = 'acme_jobs'
   -- An old one may well be without queue storage; migrations bring it.
   AND n.nspname <> 'awa'
   -- Objects of any kind. Default privileges for new ones are none, and neither is a publication of the schema.
   AND EXISTS (SELECT FROM pg_catalog.pg_depend d
                JOIN pg_catalog.pg_class k ON k.oid = d.classid
                WHERE d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = n.oid
                  AND k.relname NOT IN ('pg_default_acl', 'pg_publication_namespace'))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                    WHERE c.relnamespace = n.oid AND c.relname = 'queue_ring_state')
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'queue-storage-shape, for the author of the bundle'
    IF true AND string_to_array('acme_jobs.queue_ring_state acme_jobs.lease_ring_state acme_jobs.claim_ring_state', ' ') <@ readable THEN
        FOR problem IN
-- Awa records the slot counts at the first installation and silently ignores other ones later.
SELECT 'queue-storage-shape' AS code,
       format('Queue-storage schema %I has %s/%s/%s slots %s receipts, but %s/%s/%s %s receipts is declared.',
              'acme_jobs', q.slot_count, l.slot_count, c.slot_count,
              CASE WHEN r.receipts THEN 'with' ELSE 'without' END,
              16, 8, 8,
              CASE WHEN true THEN 'with' ELSE 'without' END) AS message,
       'Slot counts and receipts cannot be changed: ask for the recorded ones, or declare a new schema beside it.'
         AS hint
  FROM "acme_jobs".queue_ring_state q
 CROSS JOIN "acme_jobs".lease_ring_state l
 CROSS JOIN "acme_jobs".claim_ring_state c
 CROSS JOIN (SELECT coalesce(bool_or(p.prosrc ~* 'insert into [^ ]*lease_claim'), true) AS receipts
               FROM pg_catalog.pg_proc p
               JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
              WHERE n.nspname = 'acme_jobs' AND p.proname = 'claim_ready_runtime') r
 WHERE (q.slot_count, l.slot_count, c.slot_count, r.receipts)
       IS DISTINCT FROM (16, 8, 8, true)
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'damaged-schema, for the administrator of the backups'
    IF true AND string_to_array('awa.schema_version', ' ') <@ readable THEN
        FOR problem IN
-- Awa's own runner takes a database that lost this table for one of Awa before 0.4 and rewrites its history.
SELECT 'damaged-schema' AS code,
       format('Schema awa in database %I is at version %s, but its table queue_state_counts is missing.',
              current_database(), max(version)) AS message,
       'Restore the table from a backup, and run no other migrator before that.' AS hint
  FROM awa.schema_version
HAVING max(version) >= 9
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'awa' AND c.relname = 'queue_state_counts')
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'empty-history, for the administrator of the backups'
    IF true AND string_to_array('awa.schema_version', ' ') <@ readable THEN
        FOR problem IN
SELECT 'empty-history' AS code,
       format('Table awa.schema_version in database %I is empty.', current_database()) AS message,
       'Run awa-infra verify --repair, which puts its rows back where every object is that of the release. Otherwise restore its rows from a backup; if the schema awa was never used, drop that one table.' AS hint
HAVING NOT EXISTS (SELECT FROM awa.schema_version)
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'lost-history, for the administrator of the backups'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- The type awa.job_state comes with version 1. If it is there and the table of versions is not, then the history was
-- lost, and running version 1 again would fail half way.
SELECT 'lost-history' AS code,
       format('Schema awa in database %I has objects of Awa but no table awa.schema_version.',
              current_database()) AS message,
       'Restore awa.schema_version with its rows from a backup; run no migrator before that.' AS hint
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE n.nspname = 'awa' AND t.typname = 'job_state'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'schema_version')
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'queue-storage-damaged, for the administrator of the backups'
    IF true AND string_to_array('awa.schema_version', ' ') <@ readable THEN
        FOR problem IN
-- Awa's migrations find a queue-storage schema by its claim function and the state tables of its rings. They silently
-- skip one that has lost such a table (Awa 0.6.9).
SELECT 'queue-storage-damaged' AS code,
       format('Queue-storage schema %s of database %I has lost tables of its rings: Awa''s migrations would silently '
              'skip it.', array_to_string((array_agg(n.nspname ORDER BY n.nspname))[:8], ', ')
              || CASE WHEN count(*) > 8 THEN format(' and %s more', count(*) - 8) ELSE '' END, current_database()) AS message,
       'Restore the tables from a backup, or drop the schema if nothing in it is needed; awa-infra verify shows it.' AS hint
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE p.proname = 'claim_ready_runtime'
   AND pg_catalog.oidvectortypes(p.proargtypes) = 'text, bigint, double precision, double precision'
   AND n.nspname <> 'awa'
   AND 3 > (SELECT count(*) FROM pg_catalog.pg_class c
             WHERE c.relnamespace = n.oid AND c.relkind = 'r'
               AND c.relname IN ('queue_ring_state', 'lease_ring_state', 'claim_ring_state'))
HAVING count(*) > 0 AND (SELECT coalesce(max(v.version), 0) FROM awa.schema_version v) < 40
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;


    -- state-rows-missing: rows that Awa's migrations made and nothing makes again. Which schemas have such tables is
    -- known only here, hence EXECUTE. Without any version another condition reports what is wrong.
    IF true AND 'awa.schema_version' = ANY (readable) THEN
        DECLARE
            lost     text[] := ARRAY[]::text[];
            ring     record;
            recorded bigint;
            slots    bigint;
        BEGIN
            IF 'awa.storage_transition_state' = ANY (readable) THEN
                IF NOT EXISTS (SELECT FROM awa.storage_transition_state) THEN
                    lost := lost || 'awa.storage_transition_state (0 of 1 rows)'::text;
                END IF;
            END IF;
            FOR ring IN
                SELECT n.nspname AS schema, known.name,
                       (SELECT count(*) FROM pg_catalog.pg_class c
                         WHERE c.relnamespace = n.oid AND c.relispartition AND c.relname ~ known.partition) AS partitions,
                       EXISTS (SELECT FROM pg_catalog.pg_class c
                                WHERE c.relnamespace = n.oid AND c.relname = known.name || '_slots'
                                  AND has_table_privilege(c.oid, 'SELECT')) AS countable
                  FROM pg_catalog.pg_proc p
                  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                 CROSS JOIN (VALUES (1, 'queue_ring', '^ready_entries_[0-9]+$'), (2, 'lease_ring', '^leases_[0-9]+$'),
                                    (3, 'claim_ring', '^lease_claims_[0-9]+$')) AS known (number, name, partition)
                 WHERE p.proname = 'claim_ready_runtime'
                   AND pg_catalog.oidvectortypes(p.proargtypes) = 'text, bigint, double precision, double precision'
                   AND has_schema_privilege(n.oid, 'USAGE')
                   AND 3 = (SELECT count(*) FROM pg_catalog.pg_class c
                             WHERE c.relnamespace = n.oid AND c.relkind = 'r'
                               AND c.relname IN ('queue_ring_state', 'lease_ring_state', 'claim_ring_state')
                               AND has_table_privilege(c.oid, 'SELECT'))
                 ORDER BY n.nspname, known.number
            LOOP
                recorded := NULL;
                EXECUTE format('SELECT slot_count FROM %I.%I', ring.schema, ring.name || '_state') INTO recorded;
                IF recorded IS NULL THEN
                    lost := lost || format('%s.%s_state (0 of 1 rows)', ring.schema, ring.name);
                END IF;
                IF ring.countable THEN
                    EXECUTE format('SELECT count(DISTINCT slot) FROM %I.%I WHERE slot >= 0 AND slot < %s', ring.schema,
                                   ring.name || '_slots', coalesce(recorded, 2147483647)) INTO slots;
                    -- A changed count is another condition: only slots with partitions must have rows.
                    IF slots < least(recorded, ring.partitions) THEN
                        lost := lost || format('%s.%s_slots (%s of %s rows)', ring.schema, ring.name, slots,
                                               least(recorded, ring.partitions));
                    END IF;
                END IF;
            END LOOP;
            IF EXISTS (SELECT FROM awa.schema_version) AND cardinality(lost) > 0 THEN
                problems := problems || format(E'Rows of Awa''s state are missing in database %I: %s. [state-rows-missing]\nHint: %s',
                                               current_database(),
                                               array_to_string(lost[1:8], ', ')
                                               || CASE WHEN cardinality(lost) > 8
                                                       THEN format(' and %s more', cardinality(lost) - 8) ELSE '' END,
                                               'Run awa-infra verify: it says what --repair can put back, and what must come from a backup.');
            END IF;
        END;
    END IF;

    PERFORM set_config('awa_infra.problems', array_to_string(problems, E'\n'), false);
END
$awa_infra$;
