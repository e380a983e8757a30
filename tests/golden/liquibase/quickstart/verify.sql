-- Changes nothing: it reads what this bundle promises, and shows what it found.
-- Never touches a row, and waits at most 10 s for a lock.
-- Run after the bundle, by any role that can read schema awa: psql -X -q -f verify.sql
-- Every row should say true in column ok. It reads only, waits at most 10 seconds for a lock, and runs at most a
-- minute in all, whatever the role's own timeouts are.
BEGIN;
-- By name: under another default of the role or the database this would look at a stale snapshot.
SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY;

-- The settings under which everything here runs, whatever the role or the database has.
DO $awa_infra$
DECLARE
    setting record;
BEGIN
    FOR setting IN
    -- Everything that changes what the texts mean, how catalogs print, or when the server gives up. Only what differs is
    -- set; a setting that this server does not know is left out, and so is one that only a superuser may change, where
    -- the role is none: a gate checks that one before anything is written. Left as the role or the database
    -- has it: default_tablespace, where it is another one than the database's, and default_toast_compression, which are
    -- for the administrator to choose; synchronous_commit; all that only makes plans slower or faster, but for jit.
    SELECT s.name, s.value
      FROM (VALUES
        -- All texts are UTF-8, name every schema of theirs, and mean by every other name what PostgreSQL ships.
        ('client_encoding', 'UTF8', false),
        ('search_path', 'pg_catalog, pg_temp', false),
        ('standard_conforming_strings', 'on', false),
        ('array_nulls', 'on', false),
        ('transform_null_equals', 'off', false),
        ('check_function_bodies', 'on', false),
        ('plpgsql.variable_conflict', 'error', true),
        ('plpgsql.extra_errors', 'none', false),
        ('plpgsql.extra_warnings', 'none', false),
        -- Every row is seen and every trigger fires; a policy that would hide rows is an error.
        ('row_security', 'off', false),
        ('restrict_nonsystem_relation_kind', '', false),
        ('session_replication_role', 'origin', true),
        ('default_table_access_method', 'heap', false),
        -- PostgreSQL refuses to make partitioned tables in the database's own tablespace if that is named.
        ('default_tablespace', '', false),
        ('default_transaction_isolation', 'read committed', false),
        ('default_transaction_read_only', 'off', false),
        ('default_transaction_deferrable', 'off', false),
        -- Timeouts of a role or a database are for applications. A table lock that is not free in time fails the run,
        -- rather than making every other session wait behind it.
        ('statement_timeout', '60s', false),
        ('lock_timeout', '10s', false),
        ('idle_in_transaction_session_timeout', '0', false),
        ('idle_session_timeout', '0', false),
        ('transaction_timeout', '0', false),
        -- A client whose machine or network is gone says nothing: the server asks by itself, and ends such a session, and
        -- with it every lock, within a minute rather than after two hours. In seconds; the last one in milliseconds.
        ('tcp_keepalives_idle', '30', false),
        ('tcp_keepalives_interval', '10', false),
        ('tcp_keepalives_count', '3', false),
        ('tcp_user_timeout', '60000', false),
        -- Nor does a statement notice that its client was killed: the server looks, where its system can (below).
        ('client_connection_check_interval', '10s', false),
        -- A fresh installation has ten thousand lines of notices, and jit costs more than it saves.
        ('client_min_messages', 'warning', false),
        ('jit', 'off', false),
        -- Definitions and values are printed the same way in every session.
        ('quote_all_identifiers', 'off', false),
        ('DateStyle', 'ISO, MDY', false),
        ('IntervalStyle', 'postgres', false),
        ('extra_float_digits', '1', false),
        ('bytea_output', 'hex', false)
      ) AS s (name, value, superuser)
     -- Operators by their schema: until search_path is set here, another schema of it may have some of the same names.
     WHERE pg_catalog.current_setting(s.name, true) OPERATOR(pg_catalog.<>) s.value
       -- PostgreSQL 14 can look on Linux alone, and elsewhere refuses the setting.
       AND (s.name OPERATOR(pg_catalog.<>) 'client_connection_check_interval'
            OR pg_catalog.version() OPERATOR(pg_catalog.~) 'linux')
       AND (NOT s.superuser OR pg_catalog.current_setting('is_superuser') OPERATOR(pg_catalog.=) 'on')
       AND (s.name OPERATOR(pg_catalog.<>) 'default_tablespace'
            OR pg_catalog.current_setting(s.name) OPERATOR(pg_catalog.=)
               (SELECT t.spcname::pg_catalog.text
                  FROM pg_catalog.pg_database d
                  JOIN pg_catalog.pg_tablespace t ON t.oid OPERATOR(pg_catalog.=) d.dattablespace
                 WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))
    LOOP
        PERFORM pg_catalog.set_config(setting.name, setting.value, true);
    END LOOP;
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

SELECT f.what, f.expected, f.found, f.expected IS NULL OR f.expected = f.found AS ok
  FROM jsonb_to_recordset(current_setting('awa_infra.facts')::jsonb) AS f (what text, expected text, found text);
COMMIT;
