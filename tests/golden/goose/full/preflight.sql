-- Changes nothing: it reads, and keeps what it found in settings of its session.
-- Never touches jobs, other schemas, or which storage is active.
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
        ('statement_timeout', '0', false),
        ('lock_timeout', '2000ms', false),
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
        PERFORM pg_catalog.set_config(setting.name, setting.value, false);
    END LOOP;
END
$awa_infra$;

BEGIN;
-- First in the transaction.
-- By name: under another default of the role or the database this would look at a stale snapshot.
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

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
        ('statement_timeout', '0', false),
        ('lock_timeout', '2000ms', false),
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

-- Awa's migration lock ("AWA_MIGR" as a number), the one that `awa migrate` takes, so that the two cannot
-- interleave. PostgreSQL releases one of the transaction at its end, and one of the session when it disconnects.
DO $awa_infra$
DECLARE
    deadline CONSTANT timestamptz := clock_timestamp() + interval '1 second' * 60.0;
BEGIN
    WHILE NOT pg_try_advisory_xact_lock(4708303813013489490) LOOP
        IF clock_timestamp() > deadline THEN
            RAISE EXCEPTION 'Awa''s migration lock in database % was not free within %. [lock-timeout]', current_database(),
                '60 seconds'
                USING ERRCODE = 'lock_not_available',
                      HINT = 'Another migration is running; in pg_locks it holds objid 1296648018. Wait for it, then run this again.';
        END IF;
        PERFORM pg_sleep(0.2);
    END LOOP;
END
$awa_infra$;

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
    relations CONSTANT text[] := string_to_array('awa.queue_meta awa.schema_version awa.storage_transition_state shop_queue.claim_ring_state shop_queue.lease_ring_state shop_queue.queue_claim_heads shop_queue.queue_enqueue_heads shop_queue.queue_lanes shop_queue.queue_ring_state slow_queue.claim_ring_state slow_queue.lease_ring_state slow_queue.queue_claim_heads slow_queue.queue_enqueue_heads slow_queue.queue_lanes slow_queue.queue_ring_state', ' ');
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

    -- 'queue storage shop_queue: queue/lease/claim slots, receipts'
    IF string_to_array('shop_queue.queue_ring_state shop_queue.lease_ring_state shop_queue.claim_ring_state', ' ') <@ readable THEN
        facts := facts || coalesce(
            (SELECT jsonb_agg(jsonb_build_object('what', fact.what, 'expected', fact.expected,
                                                 'found', coalesce(fact.found, 'nothing'), 'brought', true))
               FROM (
SELECT 'queue storage shop_queue: queue/lease/claim slots, receipts', '16/8/8 t',
       format('%s/%s/%s %s', q.slot_count, l.slot_count, c.slot_count,
              (SELECT bool_or(p.prosrc ~* 'insert into [^ ]*lease_claim')
                 FROM pg_catalog.pg_proc p
                 JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                WHERE n.nspname = 'shop_queue' AND p.proname = 'claim_ready_runtime'))
  FROM "shop_queue".queue_ring_state q
 CROSS JOIN "shop_queue".lease_ring_state l
 CROSS JOIN "shop_queue".claim_ring_state c
                    ) AS fact (what, expected, found)), '[]');
    ELSE
        facts := facts || jsonb_build_array(jsonb_build_object(
            'what', 'queue storage shop_queue: queue/lease/claim slots, receipts', 'expected', '16/8/8 t', 'brought', true,
            'found', CASE WHEN string_to_array('shop_queue.queue_ring_state shop_queue.lease_ring_state shop_queue.claim_ring_state', ' ') <@ there
                          THEN format('not readable by role %s', current_user) ELSE 'not there' END));
    END IF;

    -- 'queue storage slow_queue: queue/lease/claim slots, receipts'
    IF string_to_array('slow_queue.queue_ring_state slow_queue.lease_ring_state slow_queue.claim_ring_state', ' ') <@ readable THEN
        facts := facts || coalesce(
            (SELECT jsonb_agg(jsonb_build_object('what', fact.what, 'expected', fact.expected,
                                                 'found', coalesce(fact.found, 'nothing'), 'brought', true))
               FROM (
SELECT 'queue storage slow_queue: queue/lease/claim slots, receipts', '4/2/2 f',
       format('%s/%s/%s %s', q.slot_count, l.slot_count, c.slot_count,
              (SELECT bool_or(p.prosrc ~* 'insert into [^ ]*lease_claim')
                 FROM pg_catalog.pg_proc p
                 JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                WHERE n.nspname = 'slow_queue' AND p.proname = 'claim_ready_runtime'))
  FROM "slow_queue".queue_ring_state q
 CROSS JOIN "slow_queue".lease_ring_state l
 CROSS JOIN "slow_queue".claim_ring_state c
                    ) AS fact (what, expected, found)), '[]');
    ELSE
        facts := facts || jsonb_build_array(jsonb_build_object(
            'what', 'queue storage slow_queue: queue/lease/claim slots, receipts', 'expected', '4/2/2 f', 'brought', true,
            'found', CASE WHEN string_to_array('slow_queue.queue_ring_state slow_queue.lease_ring_state slow_queue.claim_ring_state', ' ') <@ there
                          THEN format('not readable by role %s', current_user) ELSE 'not there' END));
    END IF;

    -- 'roles and privileges'
    IF string_to_array('', ' ') <@ readable THEN
        facts := facts || coalesce(
            (SELECT jsonb_agg(jsonb_build_object('what', fact.what, 'expected', fact.expected,
                                                 'found', coalesce(fact.found, 'nothing'), 'brought', false))
               FROM (
SELECT 'roles and privileges', 'nothing missing', coalesce(string_agg(missing.text, '; ' ORDER BY missing.text), 'nothing missing')
  FROM (
-- Which of the declared roles and privileges are missing in this database: one row (step, name, absent, text) for each role,
-- and for each role and kind of object in a schema; absent where the named object is missing itself. Reads catalogs only.
WITH duty AS MATERIALIZED (
    SELECT w.duty, w.name, r.oid
      FROM json_to_recordset('[{"duty": "owner", "name": "shop_owner"}, {"duty": "migrator", "name": "shop_migrator"}, {"duty": "runtime", "name": "shop_runtime"}, {"duty": "observer", "name": "shop_observer"}]') AS w (duty text, name text)
      LEFT JOIN pg_catalog.pg_roles r ON r.rolname = w.name
), wanted_schema AS MATERIALIZED (
    SELECT w.name, w.lanes, n.oid
      FROM json_to_recordset('[{"name": "awa", "lanes": false}, {"name": "shop_queue", "lanes": true}, {"name": "slow_queue", "lanes": true}]') AS w (name text, lanes boolean)
      LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = w.name
), privilege (duty, kind, privilege) AS (
    SELECT p.duty, p.kind, unnest(p.privileges)
      FROM (VALUES ('runtime', 'r', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']),
                   ('runtime', 'S', ARRAY['USAGE', 'SELECT', 'UPDATE']),
                   ('runtime', 'f', ARRAY['EXECUTE']),
                   ('runtime', 'T', ARRAY['USAGE']),
                   ('observer', 'r', ARRAY['SELECT']),
                   ('observer', 'S', ARRAY['SELECT']),
                   ('observer', 'f', ARRAY['EXECUTE']),
                   ('observer', 'T', ARRAY['USAGE'])) AS p (duty, kind, privileges)
), kind (kind, plural) AS (
    VALUES ('r', 'tables'), ('S', 'sequences'), ('f', 'functions'), ('T', 'types')
), thing AS MATERIALIZED (
    SELECT c.relnamespace AS namespace, CASE c.relkind WHEN 'S' THEN 'S' ELSE 'r' END AS kind, c.oid, c.relowner AS owner
      FROM pg_catalog.pg_class c
     WHERE c.relnamespace IN (SELECT s.oid FROM wanted_schema s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    -- Awa's installer stays with the owner.
    SELECT p.pronamespace, 'f', p.oid, p.proowner
      FROM pg_catalog.pg_proc p
     WHERE p.pronamespace IN (SELECT s.oid FROM wanted_schema s) AND p.proname <> ALL ('{install_queue_storage_substrate}'::text[])
    UNION ALL
    SELECT t.typnamespace, 'T', t.oid, t.typowner
      FROM pg_catalog.pg_type t
     WHERE t.typnamespace IN (SELECT s.oid FROM wanted_schema s) AND t.typtype IN ('e', 'd', 'r')
), object AS MATERIALIZED (
    -- What belongs to others the owner can grant nothing on.
    SELECT s.name AS schema, thing.kind, thing.oid
      FROM thing
      JOIN wanted_schema s ON s.oid = thing.namespace
      JOIN duty o ON o.duty = 'owner' AND o.oid IS NOT NULL
     WHERE pg_has_role(o.oid, thing.owner, 'USAGE')
)
SELECT 'roles' AS step, d.name, true AS absent, format('role %s does not exist', d.name) AS text
  FROM duty d
 WHERE d.oid IS NULL
UNION ALL
SELECT 'roles', d.name, false, format('role %s lacks %s on database %s', d.name, p.privilege, current_database())
  FROM duty d
 CROSS JOIN (VALUES ('CONNECT'), ('CREATE')) AS p (privilege)
 WHERE d.oid IS NOT NULL AND (p.privilege = 'CONNECT' OR d.duty = 'owner')
   AND NOT has_database_privilege(d.oid, current_database(), p.privilege)
UNION ALL
-- From PostgreSQL 16 on a member may be one without the right to act as the role.
SELECT 'roles', m.name, false, format('role %s is no member of %s that may act as it', m.name, o.name)
  FROM duty m
  JOIN duty o ON o.duty = 'owner' AND o.oid IS NOT NULL
 WHERE m.duty = 'migrator' AND m.oid IS NOT NULL
   AND NOT pg_has_role(m.oid, o.oid, CASE WHEN current_setting('server_version_num')::int < 160000
                                          THEN 'MEMBER' ELSE 'SET' END)
UNION ALL
-- Matters only if there is something to do as the owner.
SELECT 'act-as', current_user, false, format('role %s is not yet able to act as %s', current_user, o.name)
  FROM duty o
 WHERE o.duty = 'owner' AND o.oid IS NOT NULL
   AND NOT pg_has_role(o.oid, CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END)
UNION ALL
SELECT 'roles', m.name, false,
       format('sessions of role %s do not start as %s in database %s', m.name, o.name, current_database())
  FROM duty m
  JOIN duty o ON o.duty = 'owner'
 WHERE m.duty = 'migrator' AND m.oid IS NOT NULL
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_db_role_setting s
                     JOIN pg_catalog.pg_database b ON b.oid = s.setdatabase
                    WHERE b.datname = current_database() AND s.setrole = m.oid
                      AND s.setconfig @> ARRAY['role=' || o.name])
UNION ALL
SELECT 'access:' || s.name, s.name, true, format('schema %s does not exist', s.name)
  FROM wanted_schema s
 WHERE s.oid IS NULL
UNION ALL
SELECT 'access:' || s.name, d.name, false, format('role %s lacks %s on schema %s', d.name, p.privilege, s.name)
  FROM wanted_schema s
 CROSS JOIN duty d
 CROSS JOIN (VALUES ('USAGE'), ('CREATE')) AS p (privilege)
 WHERE d.duty IN ('runtime', 'observer') AND s.oid IS NOT NULL
   AND (p.privilege = 'USAGE' OR d.duty = 'runtime' AND s.lanes)
   AND (d.oid IS NULL OR NOT has_schema_privilege(d.oid, s.oid, p.privilege))
UNION ALL
SELECT 'access:' || o.schema, d.name, false,
       format('role %s lacks %s on %s %s of schema %s', d.name, string_agg(DISTINCT p.privilege, ', '),
              count(DISTINCT o.oid), k.plural, o.schema)
  FROM object o
  JOIN kind k USING (kind)
  JOIN privilege p USING (kind)
  JOIN duty d USING (duty)
 WHERE d.oid IS NOT NULL
   AND NOT CASE o.kind WHEN 'S' THEN has_sequence_privilege(d.oid, o.oid, p.privilege)
                       WHEN 'f' THEN has_function_privilege(d.oid, o.oid, p.privilege)
                       WHEN 'T' THEN has_type_privilege(d.oid, o.oid, p.privilege)
                       ELSE has_table_privilege(d.oid, o.oid, p.privilege) END
 GROUP BY o.schema, k.plural, d.name
UNION ALL
SELECT 'access:' || s.name, d.name, false,
       format('role %s lacks %s on new %s in schema %s', d.name, string_agg(p.privilege, ', ' ORDER BY p.privilege),
              k.plural, s.name)
  FROM wanted_schema s
 CROSS JOIN privilege p
  JOIN kind k USING (kind)
  JOIN duty d USING (duty)
  JOIN duty o ON o.duty = 'owner'
 WHERE s.oid IS NOT NULL
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_default_acl a
                    CROSS JOIN LATERAL aclexplode(a.defaclacl) AS e
                    WHERE a.defaclrole = o.oid AND a.defaclnamespace = s.oid AND a.defaclobjtype = p.kind::"char"
                      AND e.grantee = d.oid AND e.privilege_type = p.privilege)
 GROUP BY s.name, k.plural, d.name
UNION ALL
SELECT DISTINCT 'installer', d.name, false,
       format('role %s may execute %s, which stays with its owner', d.name, p.oid::regproc)
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 CROSS JOIN LATERAL aclexplode(p.proacl) AS given
  JOIN duty d ON d.oid = given.grantee AND d.duty <> 'owner'
  JOIN pg_catalog.pg_default_acl a
    ON a.defaclrole = p.proowner AND a.defaclnamespace = n.oid AND a.defaclobjtype = 'f'
 CROSS JOIN LATERAL aclexplode(a.defaclacl) AS always
 WHERE n.nspname = 'awa' AND p.proname = ANY ('{install_queue_storage_substrate}'::text[]) AND always.grantee = given.grantee
       ) AS missing
 -- Whether the current role may act as the owner is not part of the comparison.
 WHERE missing.step <> 'act-as'
                    ) AS fact (what, expected, found)), '[]');
    ELSE
        facts := facts || jsonb_build_array(jsonb_build_object(
            'what', 'roles and privileges', 'expected', 'nothing missing', 'brought', false,
            'found', CASE WHEN string_to_array('', ' ') <@ there
                          THEN format('not readable by role %s', current_user) ELSE 'not there' END));
    END IF;

    -- 'lanes in shop_queue'
    IF string_to_array('shop_queue.queue_lanes shop_queue.queue_enqueue_heads shop_queue.queue_claim_heads awa.queue_meta', ' ') <@ readable THEN
        facts := facts || coalesce(
            (SELECT jsonb_agg(jsonb_build_object('what', fact.what, 'expected', fact.expected,
                                                 'found', coalesce(fact.found, 'nothing'), 'brought', true))
               FROM (
SELECT 'lanes in shop_queue', 'nothing missing', coalesce(string_agg(missing.text, '; ' ORDER BY missing.text), 'nothing missing')
  FROM (
-- Which lanes of the declared queues are missing in queue-storage schema 'shop_queue', and which queues have another number
-- of shards than the declared one: rows (step, name, absent, text).
SELECT 'lanes:shop_queue'::text AS step, w.name, false AS absent,
       format('queue %s lacks %s lanes in schema %s', w.name, count(*), 'shop_queue') AS text
  FROM (SELECT q.name, q.name || CASE WHEN q.stripes > 1 THEN '#' || stripe ELSE '' END AS queue, priority, shard
          FROM json_to_recordset('[{"name": "greetings", "priorities": [1, 2, 3, 4], "shards": 1, "stripes": 1}, {"name": "reports", "priorities": [1, 2], "shards": 2, "stripes": 1, "enqueue_shards": 2}]') AS q (name text, priorities int[], shards int, stripes int)
         CROSS JOIN LATERAL generate_series(0, q.stripes - 1) AS stripe
         CROSS JOIN LATERAL unnest(q.priorities) AS priority
         CROSS JOIN LATERAL generate_series(0, q.shards - 1) AS shard) w
 WHERE NOT (EXISTS (SELECT FROM "shop_queue".queue_lanes l WHERE l.queue = w.queue AND l.priority = w.priority)
            AND EXISTS (SELECT FROM "shop_queue".queue_enqueue_heads h
                         WHERE h.queue = w.queue AND h.priority = w.priority AND h.enqueue_shard = w.shard)
            AND EXISTS (SELECT FROM "shop_queue".queue_claim_heads h
                         WHERE h.queue = w.queue AND h.priority = w.priority AND h.enqueue_shard = w.shard))
 GROUP BY w.name
UNION ALL
SELECT 'lanes:shop_queue'::text, w.name, false,
       format('queue %s has %s enqueue shards, and %s are declared', w.queue, coalesce(m.enqueue_shards, 1), w.enqueue_shards)
  FROM (SELECT q.name, q.name || CASE WHEN q.stripes > 1 THEN '#' || stripe ELSE '' END AS queue, q.enqueue_shards
          FROM json_to_recordset('[{"name": "greetings", "priorities": [1, 2, 3, 4], "shards": 1, "stripes": 1}, {"name": "reports", "priorities": [1, 2], "shards": 2, "stripes": 1, "enqueue_shards": 2}]') AS q (name text, stripes int, enqueue_shards smallint)
         CROSS JOIN LATERAL generate_series(0, q.stripes - 1) AS stripe
         WHERE q.enqueue_shards IS NOT NULL) w
  LEFT JOIN awa.queue_meta m ON m.queue = w.queue
 WHERE coalesce(m.enqueue_shards, 1) <> w.enqueue_shards
       ) AS missing
 -- Whether the current role may act as the owner is not part of the comparison.
 WHERE missing.step <> 'act-as'
                    ) AS fact (what, expected, found)), '[]');
    ELSE
        facts := facts || jsonb_build_array(jsonb_build_object(
            'what', 'lanes in shop_queue', 'expected', 'nothing missing', 'brought', true,
            'found', CASE WHEN string_to_array('shop_queue.queue_lanes shop_queue.queue_enqueue_heads shop_queue.queue_claim_heads awa.queue_meta', ' ') <@ there
                          THEN format('not readable by role %s', current_user) ELSE 'not there' END));
    END IF;

    -- 'lanes in slow_queue'
    IF string_to_array('slow_queue.queue_lanes slow_queue.queue_enqueue_heads slow_queue.queue_claim_heads awa.queue_meta', ' ') <@ readable THEN
        facts := facts || coalesce(
            (SELECT jsonb_agg(jsonb_build_object('what', fact.what, 'expected', fact.expected,
                                                 'found', coalesce(fact.found, 'nothing'), 'brought', true))
               FROM (
SELECT 'lanes in slow_queue', 'nothing missing', coalesce(string_agg(missing.text, '; ' ORDER BY missing.text), 'nothing missing')
  FROM (
-- Which lanes of the declared queues are missing in queue-storage schema 'slow_queue', and which queues have another number
-- of shards than the declared one: rows (step, name, absent, text).
SELECT 'lanes:slow_queue'::text AS step, w.name, false AS absent,
       format('queue %s lacks %s lanes in schema %s', w.name, count(*), 'slow_queue') AS text
  FROM (SELECT q.name, q.name || CASE WHEN q.stripes > 1 THEN '#' || stripe ELSE '' END AS queue, priority, shard
          FROM json_to_recordset('[{"name": "archive", "priorities": [1, 2, 3, 4], "shards": 1, "stripes": 1}]') AS q (name text, priorities int[], shards int, stripes int)
         CROSS JOIN LATERAL generate_series(0, q.stripes - 1) AS stripe
         CROSS JOIN LATERAL unnest(q.priorities) AS priority
         CROSS JOIN LATERAL generate_series(0, q.shards - 1) AS shard) w
 WHERE NOT (EXISTS (SELECT FROM "slow_queue".queue_lanes l WHERE l.queue = w.queue AND l.priority = w.priority)
            AND EXISTS (SELECT FROM "slow_queue".queue_enqueue_heads h
                         WHERE h.queue = w.queue AND h.priority = w.priority AND h.enqueue_shard = w.shard)
            AND EXISTS (SELECT FROM "slow_queue".queue_claim_heads h
                         WHERE h.queue = w.queue AND h.priority = w.priority AND h.enqueue_shard = w.shard))
 GROUP BY w.name
UNION ALL
SELECT 'lanes:slow_queue'::text, w.name, false,
       format('queue %s has %s enqueue shards, and %s are declared', w.queue, coalesce(m.enqueue_shards, 1), w.enqueue_shards)
  FROM (SELECT q.name, q.name || CASE WHEN q.stripes > 1 THEN '#' || stripe ELSE '' END AS queue, q.enqueue_shards
          FROM json_to_recordset('[{"name": "archive", "priorities": [1, 2, 3, 4], "shards": 1, "stripes": 1}]') AS q (name text, stripes int, enqueue_shards smallint)
         CROSS JOIN LATERAL generate_series(0, q.stripes - 1) AS stripe
         WHERE q.enqueue_shards IS NOT NULL) w
  LEFT JOIN awa.queue_meta m ON m.queue = w.queue
 WHERE coalesce(m.enqueue_shards, 1) <> w.enqueue_shards
       ) AS missing
 -- Whether the current role may act as the owner is not part of the comparison.
 WHERE missing.step <> 'act-as'
                    ) AS fact (what, expected, found)), '[]');
    ELSE
        facts := facts || jsonb_build_array(jsonb_build_object(
            'what', 'lanes in slow_queue', 'expected', 'nothing missing', 'brought', true,
            'found', CASE WHEN string_to_array('slow_queue.queue_lanes slow_queue.queue_enqueue_heads slow_queue.queue_claim_heads awa.queue_meta', ' ') <@ there
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
           AND n.nspname || '.' || c.relname = ANY (string_to_array('awa.queue_meta awa.schema_version awa.storage_transition_state awa_migrations.goose_db_version shop_queue.claim_ring_state shop_queue.lease_ring_state shop_queue.queue_claim_heads shop_queue.queue_enqueue_heads shop_queue.queue_ring_state slow_queue.claim_ring_state slow_queue.lease_ring_state slow_queue.queue_ring_state', ' '))
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

    -- 'owner-not-acting, for the operator who runs the bundle'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- What is made must belong to the declared owner: the session starts as the owner, or it may act as the owner of schema
-- awa, which the bundle then does by itself.
SELECT 'owner-not-acting' AS code,
       format('This session works as %I, but what it makes in database %I is to belong to %I.',
              current_user, current_database(), w.name) AS message,
       CASE WHEN m.name IS NULL
            THEN format('As an administrator: ALTER ROLE %I IN DATABASE %I SET role = %L; then connect anew.',
                        session_user, current_database(), w.name)
            ELSE format('Run roles.sql of this bundle as an administrator, then connect as %I.', m.name)
       END AS hint
  FROM json_to_recordset('[{"duty": "owner", "name": "shop_owner"}, {"duty": "migrator", "name": "shop_migrator"}, {"duty": "runtime", "name": "shop_runtime"}, {"duty": "observer", "name": "shop_observer"}]') AS w (duty text, name text)
  LEFT JOIN json_to_recordset('[{"duty": "owner", "name": "shop_owner"}, {"duty": "migrator", "name": "shop_migrator"}, {"duty": "runtime", "name": "shop_runtime"}, {"duty": "observer", "name": "shop_observer"}]') AS m (duty text, name text) ON m.duty = 'migrator'
 WHERE w.duty = 'owner' AND w.name <> current_user
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n
                     JOIN pg_catalog.pg_roles o ON o.oid = n.nspowner
                    CROSS JOIN (SELECT CASE WHEN current_setting('server_version_num')::int < 160000
                                            THEN 'MEMBER' ELSE 'SET' END AS option) may
                    WHERE n.nspname = 'awa' AND o.rolname = w.name
                      AND pg_has_role(o.oid, may.option) AND pg_has_role(session_user, o.oid, may.option))
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'not-adopted, for the operator who runs the bundle'
    IF true AND string_to_array('awa.schema_version awa_migrations.goose_db_version', ' ') <@ readable THEN
        FOR problem IN
-- The tool would run migrations on a schema that another program has brought past them: the first one fails in it, and
-- any other one brings back what later ones have replaced.
SELECT 'not-adopted' AS code,
       format('Schema awa in database %I is at version %s, but the history of %s %s.',
              current_database(), found.version, 'goose',
              CASE WHEN known.version IS NULL THEN 'does not know it'
                   ELSE format('ends at version %s', known.version) END) AS message,
       format('Run goose with the command version, then adopt.sql with psql, as README.md says; then run this again.',
              lpad((found.version * 1000)::text, 6, '0') || '_awa_v' || lpad(found.version::text, 3, '0')) AS hint
  FROM (SELECT max(version) AS version FROM awa.schema_version) found
 CROSS JOIN (SELECT max(h.identity::bigint) / 1000 AS version
               FROM (
SELECT DISTINCT g.version_id::text AS identity, NULL::integer AS checksum, 'applied' AS outcome
  FROM awa_migrations.goose_db_version g
 WHERE g.is_applied AND g.version_id > 0
                    ) AS h) known
 WHERE found.version > greatest(0, known.version)
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'not-adopted, for the operator who runs the bundle'
    IF true AND string_to_array('awa.schema_version', ' ') <@ readable THEN
        FOR problem IN
-- The tool would run migrations on a schema that another program has brought past them: the first one fails in it, and
-- any other one brings back what later ones have replaced.
SELECT 'not-adopted' AS code,
       format('Schema awa in database %I is at version %s, but the history of %s %s.',
              current_database(), found.version, 'goose',
              CASE WHEN known.version IS NULL THEN 'does not know it'
                   ELSE format('ends at version %s', known.version) END) AS message,
       format('Run goose with the command version, then adopt.sql with psql, as README.md says; then run this again.',
              lpad((found.version * 1000)::text, 6, '0') || '_awa_v' || lpad(found.version::text, 3, '0')) AS hint
  FROM (SELECT max(version) AS version FROM awa.schema_version) found
 CROSS JOIN (SELECT max(h.identity::bigint) / 1000 AS version
               FROM (
-- The tool's table does not exist yet. Where it does, it knows more than any bundle: another query reads it.
SELECT '999999999' AS identity
 WHERE to_regclass('awa_migrations.goose_db_version') IS NOT NULL
                    ) AS h) known
 WHERE found.version > greatest(0, known.version)
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

    -- 'cannot-act-as-owner, for the administrator of the server'
    IF pending AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
SELECT 'cannot-act-as-owner' AS code,
       format('Role %I can neither act as the owner %I nor make itself a member of it.', me.rolname, o.rolname)
         AS message,
       format('As an administrator: GRANT %I TO %I%s;', o.rolname, me.rolname,
              CASE WHEN pg_has_role(o.oid, 'MEMBER') THEN ' WITH SET TRUE' ELSE '' END) AS hint
  FROM json_to_recordset('[{"duty": "owner", "name": "shop_owner"}, {"duty": "migrator", "name": "shop_migrator"}, {"duty": "runtime", "name": "shop_runtime"}, {"duty": "observer", "name": "shop_observer"}]') AS w (duty text, name text)
  JOIN pg_catalog.pg_roles o ON o.rolname = w.name
  JOIN pg_catalog.pg_roles me ON me.rolname = current_user
 WHERE w.duty = 'owner'
   -- From PostgreSQL 16 on a member may be one without the right to become the role.
   AND NOT pg_has_role(o.oid, CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END)
   -- Before PostgreSQL 16 CREATEROLE is enough; from 16 on it takes the ADMIN option.
   AND NOT (me.rolcreaterole AND current_setting('server_version_num')::int < 160000 AND NOT o.rolsuper)
   AND NOT pg_has_role(o.oid, 'MEMBER WITH ADMIN OPTION')
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

    -- 'database-not-owned, for the administrator of the server'
    IF pending AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
SELECT 'database-not-owned' AS code,
       format('Role %I may not grant %s on database %I to %I, because the database belongs to %I.', current_user,
              string_agg(p.privilege, ', '), current_database(), w.name,
              pg_catalog.pg_get_userbyid(d.datdba)) AS message,
       format('As %I: GRANT %s ON DATABASE %I TO %I;', pg_catalog.pg_get_userbyid(d.datdba),
              string_agg(p.privilege, ', '), current_database(), w.name) AS hint
  FROM json_to_recordset('[{"duty": "owner", "name": "shop_owner"}, {"duty": "migrator", "name": "shop_migrator"}, {"duty": "runtime", "name": "shop_runtime"}, {"duty": "observer", "name": "shop_observer"}]') AS w (duty text, name text)
 CROSS JOIN (VALUES ('CONNECT'), ('CREATE')) AS p (privilege)
  JOIN pg_catalog.pg_database d ON d.datname = current_database()
  LEFT JOIN pg_catalog.pg_roles r ON r.rolname = w.name
 WHERE (p.privilege = 'CONNECT' OR w.duty = 'owner')
   -- Who may only make itself a member of the database's owner cannot grant: PostgreSQL would just warn.
   AND NOT pg_has_role(d.datdba, 'USAGE')
   AND NOT CASE WHEN r.oid IS NULL
                -- PUBLIC may connect by default; a new role has that much.
                THEN p.privilege = 'CONNECT' AND (d.datacl IS NULL OR EXISTS (
                         SELECT FROM aclexplode(d.datacl) AS a WHERE a.grantee = 0 AND a.privilege_type = 'CONNECT'))
                ELSE has_database_privilege(r.oid, d.oid, p.privilege) END
 GROUP BY d.datdba, w.name
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
    OR (NOT false AND (SELECT s.reset_val::boolean FROM pg_catalog.pg_settings s
                                  WHERE s.name = 'default_transaction_read_only'))
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'role-too-powerful, for the administrator of the server'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- A runtime or observer that can act as the owner can do everything that it must not do.
SELECT 'role-too-powerful' AS code,
       format('Role %I, declared as %s, %s.', r.rolname, d.duty, x.what) AS message,
       format('Declare another role as %s, or: %s', d.duty, x.remedy) AS hint
  FROM json_to_recordset('[{"duty": "owner", "name": "shop_owner"}, {"duty": "migrator", "name": "shop_migrator"}, {"duty": "runtime", "name": "shop_runtime"}, {"duty": "observer", "name": "shop_observer"}]') AS d (duty text, name text)
  JOIN pg_catalog.pg_roles r ON r.rolname = d.name
  LEFT JOIN json_to_recordset('[{"duty": "owner", "name": "shop_owner"}, {"duty": "migrator", "name": "shop_migrator"}, {"duty": "runtime", "name": "shop_runtime"}, {"duty": "observer", "name": "shop_observer"}]') AS w (duty text, name text) ON w.duty = 'owner'
  LEFT JOIN pg_catalog.pg_roles o ON o.rolname = w.name
 CROSS JOIN LATERAL (
        SELECT 'is a superuser', format('ALTER ROLE %I NOSUPERUSER;', r.rolname)
         WHERE r.rolsuper
        UNION ALL
        SELECT format('can act as the owner %I', o.rolname), format('REVOKE %I FROM %I;', o.rolname, r.rolname)
         WHERE NOT r.rolsuper AND pg_has_role(r.oid, o.oid, 'MEMBER')
        UNION ALL
        -- Before PostgreSQL 16 it could make itself a member of the owner.
        SELECT 'may create roles', format('ALTER ROLE %I NOCREATEROLE;', r.rolname)
         WHERE NOT r.rolsuper AND r.rolcreaterole AND current_setting('server_version_num')::int < 160000) AS x (what, remedy)
 WHERE d.duty IN ('runtime', 'observer')
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'roles-not-creatable, for the administrator of the server'
    IF pending AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
SELECT 'roles-not-creatable' AS code,
       format('Role %I may not create roles, and %s missing on this server.', current_user,
              string_agg(quote_ident(d.name), ', ') || CASE count(*) WHEN 1 THEN ' is' ELSE ' are' END) AS message,
       format('Connect as a role with CREATEROLE, or let an administrator create %s first.',
              CASE count(*) WHEN 1 THEN 'it' ELSE 'them' END) AS hint
  FROM json_to_recordset('[{"duty": "owner", "name": "shop_owner"}, {"duty": "migrator", "name": "shop_migrator"}, {"duty": "runtime", "name": "shop_runtime"}, {"duty": "observer", "name": "shop_observer"}]') AS d (duty text, name text)
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = d.name)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles me
                    WHERE me.rolname = current_user AND (me.rolsuper OR me.rolcreaterole))
HAVING count(*) > 0
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'roles-not-grantable, for the administrator of the server'
    IF pending AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- Existing roles belong to the role that made them. From PostgreSQL 16 on CREATEROLE alone does not reach them.
SELECT 'roles-not-grantable' AS code,
       format('Role %I may not %s.', me.rolname, x.what) AS message,
       format('As an administrator: %s', x.remedy) AS hint
  FROM json_to_recordset('[{"duty": "owner", "name": "shop_owner"}, {"duty": "migrator", "name": "shop_migrator"}, {"duty": "runtime", "name": "shop_runtime"}, {"duty": "observer", "name": "shop_observer"}]') AS w (duty text, name text)
  JOIN json_to_recordset('[{"duty": "owner", "name": "shop_owner"}, {"duty": "migrator", "name": "shop_migrator"}, {"duty": "runtime", "name": "shop_runtime"}, {"duty": "observer", "name": "shop_observer"}]') AS v (duty text, name text) ON v.duty = 'owner'
  JOIN pg_catalog.pg_roles me ON me.rolname = current_user AND NOT me.rolsuper
  LEFT JOIN pg_catalog.pg_roles m ON m.rolname = w.name
  LEFT JOIN pg_catalog.pg_roles o ON o.rolname = v.name
 CROSS JOIN LATERAL (
        SELECT format('make %I a member of %I', w.name, v.name),
               CASE WHEN m.oid IS NULL THEN format('GRANT %I TO %I WITH ADMIN OPTION;', v.name, me.rolname)
                    ELSE format('GRANT %I TO %I%s;', v.name, w.name,
                                CASE WHEN pg_has_role(m.oid, o.oid, 'MEMBER') THEN ' WITH SET TRUE' ELSE '' END) END
         WHERE o.oid IS NOT NULL
           -- From PostgreSQL 16 on a member may be one without the right to act as the role.
           AND (m.oid IS NULL OR NOT pg_has_role(m.oid, o.oid, CASE WHEN current_setting('server_version_num')::int < 160000
                                                                    THEN 'MEMBER' ELSE 'SET' END))
           AND NOT pg_has_role(o.oid, 'MEMBER WITH ADMIN OPTION')
           AND NOT (me.rolcreaterole AND NOT o.rolsuper AND current_setting('server_version_num')::int < 160000)
        UNION ALL
        SELECT format('have sessions of %I start as %I', w.name, v.name),
               format('ALTER ROLE %I IN DATABASE %I SET role = %L;', w.name, current_database(), v.name)
         WHERE m.oid IS NOT NULL
           AND NOT (me.rolcreaterole AND NOT m.rolsuper
                    AND (current_setting('server_version_num')::int < 160000
                         OR pg_has_role(m.oid, 'MEMBER WITH ADMIN OPTION')))
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_db_role_setting s
                             JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
                            WHERE d.datname = current_database() AND s.setrole = m.oid
                              AND s.setconfig @> ARRAY['role=' || v.name])) AS x (what, remedy)
 WHERE w.duty = 'migrator'
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'schema-other-owner, for the administrator of the server'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- The declared owner could neither grant on nor migrate what belongs to another role.
SELECT 'schema-other-owner' AS code,
       format('Schema %I in database %I belongs to %I, not to the declared owner %I.', n.nspname, current_database(),
              pg_catalog.pg_get_userbyid(n.nspowner), o.name) AS message,
       format('Declare %I as the owner, or hand the schema over first: awa-infra explain schema-other-owner has the statements.',
              pg_catalog.pg_get_userbyid(n.nspowner)) AS hint
  FROM json_to_recordset('[{"name": "awa", "lanes": false}, {"name": "shop_queue", "lanes": true}, {"name": "slow_queue", "lanes": true}]') AS s (name text, lanes boolean)
  JOIN pg_catalog.pg_namespace n ON n.nspname = s.name
  JOIN json_to_recordset('[{"duty": "owner", "name": "shop_owner"}, {"duty": "migrator", "name": "shop_migrator"}, {"duty": "runtime", "name": "shop_runtime"}, {"duty": "observer", "name": "shop_observer"}]') AS o (duty text, name text) ON o.duty = 'owner'
 WHERE pg_catalog.pg_get_userbyid(n.nspowner) <> o.name
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

    -- 'history-other-owner, for the administrator of the server'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- A tool writes its history in the rights of whoever runs it, and so runs the triggers of a table that another role owns.
SELECT 'history-other-owner' AS code,
       format('In database %I, role %I owns %s. Whoever runs this bundle would run the triggers that it puts there.',
              current_database(), r.rolname, string_agg(o.thing, ', ' ORDER BY o.place, o.thing)) AS message,
       format('Ask who made it. If it is nobody''s history, let an administrator remove it; if it is that of this bundle, '
              'run this as that role, or let an administrator give it to the role that migrates: '
              'ALTER SCHEMA %I OWNER TO %I; and the same for its tables.',
              'awa_migrations', current_user) AS hint
  FROM (SELECT 1 AS place, format('schema %I', n.nspname) AS thing, n.nspowner AS owner
          FROM pg_catalog.pg_namespace n
         WHERE n.nspname = 'awa_migrations'
         UNION ALL
        SELECT 2, format('%I.%I', n.nspname, c.relname), c.relowner
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'awa_migrations' AND c.relkind IN ('r', 'p', 'v', 'f')) AS o
  JOIN pg_catalog.pg_roles r ON r.oid = o.owner
 -- Trusted: administrators, whoever can act as the owner of the database or of schema awa, and the roles of this login.
 WHERE NOT r.rolsuper
   AND NOT r.rolcreaterole
   AND r.rolname NOT IN (current_user, session_user)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_database d
                    WHERE d.datname = current_database() AND pg_catalog.pg_has_role(r.oid, d.datdba, 'MEMBER'))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace a
                    WHERE a.nspname = 'awa' AND pg_catalog.pg_has_role(r.oid, a.nspowner, 'MEMBER'))
   -- A superuser counts as a member of every role.
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles s
                    WHERE s.rolname = session_user AND NOT s.rolsuper AND pg_catalog.pg_has_role(s.oid, r.oid, 'MEMBER'))
 GROUP BY r.rolname
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
          FROM json_to_recordset('[{"place": 1, "what": "queue storage shop_queue (16/8/8 slots with receipts)", "schema": "shop_queue", "relation": "queue_ring_state", "objects": 1499}, {"place": 2, "what": "queue storage slow_queue (4/2/2 slots without receipts)", "schema": "slow_queue", "relation": "queue_ring_state", "objects": 497}]') AS i (place int, what text, schema text, relation text, objects int)
         WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                            WHERE n.nspname = i.schema AND c.relname = i.relation)
         GROUP BY CASE WHEN false THEN 0 ELSE i.place END) w
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
 WHERE n.nspname = 'shop_queue'
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

    -- 'queue-storage-foreign, for the author of the bundle'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
SELECT 'queue-storage-foreign' AS code,
       format('Schema %I exists in database %I and holds objects, but it is no queue-storage schema.',
              n.nspname, current_database()) AS message,
       'Choose another name for the queue-storage schema; nothing here touches foreign objects.' AS hint
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname = 'slow_queue'
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
    IF true AND string_to_array('shop_queue.queue_ring_state shop_queue.lease_ring_state shop_queue.claim_ring_state', ' ') <@ readable THEN
        FOR problem IN
-- Awa records the slot counts at the first installation and silently ignores other ones later.
SELECT 'queue-storage-shape' AS code,
       format('Queue-storage schema %I has %s/%s/%s slots %s receipts, but %s/%s/%s %s receipts is declared.',
              'shop_queue', q.slot_count, l.slot_count, c.slot_count,
              CASE WHEN r.receipts THEN 'with' ELSE 'without' END,
              16, 8, 8,
              CASE WHEN true THEN 'with' ELSE 'without' END) AS message,
       'Slot counts and receipts cannot be changed: ask for the recorded ones, or declare a new schema beside it.'
         AS hint
  FROM "shop_queue".queue_ring_state q
 CROSS JOIN "shop_queue".lease_ring_state l
 CROSS JOIN "shop_queue".claim_ring_state c
 CROSS JOIN (SELECT coalesce(bool_or(p.prosrc ~* 'insert into [^ ]*lease_claim'), true) AS receipts
               FROM pg_catalog.pg_proc p
               JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
              WHERE n.nspname = 'shop_queue' AND p.proname = 'claim_ready_runtime') r
 WHERE (q.slot_count, l.slot_count, c.slot_count, r.receipts)
       IS DISTINCT FROM (16, 8, 8, true)
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'queue-storage-shape, for the author of the bundle'
    IF true AND string_to_array('slow_queue.queue_ring_state slow_queue.lease_ring_state slow_queue.claim_ring_state', ' ') <@ readable THEN
        FOR problem IN
-- Awa records the slot counts at the first installation and silently ignores other ones later.
SELECT 'queue-storage-shape' AS code,
       format('Queue-storage schema %I has %s/%s/%s slots %s receipts, but %s/%s/%s %s receipts is declared.',
              'slow_queue', q.slot_count, l.slot_count, c.slot_count,
              CASE WHEN r.receipts THEN 'with' ELSE 'without' END,
              4, 2, 2,
              CASE WHEN false THEN 'with' ELSE 'without' END) AS message,
       'Slot counts and receipts cannot be changed: ask for the recorded ones, or declare a new schema beside it.'
         AS hint
  FROM "slow_queue".queue_ring_state q
 CROSS JOIN "slow_queue".lease_ring_state l
 CROSS JOIN "slow_queue".claim_ring_state c
 CROSS JOIN (SELECT coalesce(bool_or(p.prosrc ~* 'insert into [^ ]*lease_claim'), false) AS receipts
               FROM pg_catalog.pg_proc p
               JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
              WHERE n.nspname = 'slow_queue' AND p.proname = 'claim_ready_runtime') r
 WHERE (q.slot_count, l.slot_count, c.slot_count, r.receipts)
       IS DISTINCT FROM (4, 2, 2, false)
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'shards-not-drained, for the author of the bundle'
    IF true AND string_to_array('awa.queue_meta shop_queue.queue_claim_heads shop_queue.queue_enqueue_heads', ' ') <@ readable THEN
        FOR problem IN
-- Fewer shards than there are: Awa allows it once nothing is left in the shards above (its ADR 25).
SELECT 'shards-not-drained' AS code,
       format('Queue %s in schema %I is to go from %s to %s enqueue shards, and %s of its lanes above still hold jobs that no worker has claimed.',
              l.queue, 'shop_queue', min(l.shards), min(l.wanted), count(*)) AS message,
       format('Stop the producers of %s until its workers have claimed those jobs, then run the same again; or declare %s shards.',
              l.queue, min(l.shards)) AS hint
  FROM (SELECT w.queue, m.enqueue_shards AS shards, w.enqueue_shards AS wanted,
               "shop_queue".sequence_next_value(c.seq_name) AS claimed,
               "shop_queue".sequence_next_value(e.seq_name) AS enqueued
          FROM (SELECT q.name || CASE WHEN q.stripes > 1 THEN '#' || stripe ELSE '' END AS queue, q.enqueue_shards
                  FROM json_to_recordset('[{"name": "greetings", "priorities": [1, 2, 3, 4], "shards": 1, "stripes": 1}, {"name": "reports", "priorities": [1, 2], "shards": 2, "stripes": 1, "enqueue_shards": 2}]') AS q (name text, stripes int, enqueue_shards smallint)
                 CROSS JOIN LATERAL generate_series(0, q.stripes - 1) AS stripe) w
          JOIN awa.queue_meta m ON m.queue = w.queue AND m.enqueue_shards > w.enqueue_shards
          JOIN "shop_queue".queue_claim_heads c ON c.queue = w.queue AND c.enqueue_shard >= w.enqueue_shards
          JOIN "shop_queue".queue_enqueue_heads e
                 ON (e.queue, e.priority, e.enqueue_shard) = (c.queue, c.priority, c.enqueue_shard)
         WHERE c.seq_name IS NOT NULL AND e.seq_name IS NOT NULL) l
 WHERE l.claimed < l.enqueued
 GROUP BY l.queue
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'schema-gone, for the author of the bundle'
    IF true AND string_to_array('awa_migrations.goose_db_version', ' ') <@ readable THEN
        FOR problem IN
-- The tool's history says that it has run the script of a queue-storage schema, so it would never run it again.
SELECT 'schema-gone' AS code,
       format('Queue-storage schema %s was installed in database %I, as the tool remembers, and is not there any more.',
              'shop_queue', current_database()) AS message,
       'Package the bundle without it, then with it: its script comes again under another name. Then run this again.'
         AS hint
 WHERE EXISTS (SELECT
                 FROM (
SELECT DISTINCT g.version_id::text AS identity, NULL::integer AS checksum, 'applied' AS outcome
  FROM awa_migrations.goose_db_version g
 WHERE g.is_applied AND g.version_id > 0
                      ) AS h
                WHERE h.outcome <> 'failed'
                  -- Some tools record only the last number.
                  AND CASE WHEN false THEN lpad(h.identity, 12, '0') >= lpad('40002', 12, '0')
                           ELSE h.identity = '40002' END)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'shop_queue' AND c.relname = 'queue_ring_state')
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'schema-gone, for the author of the bundle'
    IF true AND string_to_array('awa_migrations.goose_db_version', ' ') <@ readable THEN
        FOR problem IN
-- The tool's history says that it has run the script of a queue-storage schema, so it would never run it again.
SELECT 'schema-gone' AS code,
       format('Queue-storage schema %s was installed in database %I, as the tool remembers, and is not there any more.',
              'slow_queue', current_database()) AS message,
       'Package the bundle without it, then with it: its script comes again under another name. Then run this again.'
         AS hint
 WHERE EXISTS (SELECT
                 FROM (
SELECT DISTINCT g.version_id::text AS identity, NULL::integer AS checksum, 'applied' AS outcome
  FROM awa_migrations.goose_db_version g
 WHERE g.is_applied AND g.version_id > 0
                      ) AS h
                WHERE h.outcome <> 'failed'
                  -- Some tools record only the last number.
                  AND CASE WHEN false THEN lpad(h.identity, 12, '0') >= lpad('40003', 12, '0')
                           ELSE h.identity = '40003' END)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'slow_queue' AND c.relname = 'queue_ring_state')
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

-- Stops the tool if one of the conditions just checked fails. A statement of its own, because tools print the statement
-- that failed, and a short one leaves the reasons in sight.
DO $awa_infra$
BEGIN
    IF current_setting('awa_infra.problems') <> '' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('This bundle cannot be run on database %I:', current_database())
                      || E'\n' || current_setting('awa_infra.problems'),
            HINT = 'Nothing was run; do not run the tool before this is corrected.' || ' README.md of the bundle says what each code in brackets means.';
    END IF;
END
$awa_infra$;

-- From here on the owner of schema awa owns every new object, whichever login runs this. Otherwise each member of the
-- owner would own the objects that it made, and the next migration would fail on those of another member.
DO $awa_infra$
DECLARE
    owner CONSTANT text := (SELECT pg_catalog.pg_get_userbyid(n.nspowner)
                              FROM pg_catalog.pg_namespace n
                             WHERE n.nspname = 'awa');
    -- From PostgreSQL 16 on a member may be one without the right to become the role.
    means CONSTANT text := CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END;
    own   record;
BEGIN
    IF owner IS NULL OR owner = current_user OR NOT pg_has_role(owner, means)
       OR NOT pg_has_role(session_user, owner, means) THEN
        RETURN;
    END IF;
    -- The tool records in its own tables what was run, in the same transaction.
    FOR own IN
        SELECT 'SCHEMA' AS word, quote_ident(n.nspname) AS name
          FROM pg_catalog.pg_namespace n
         WHERE n.nspname = 'awa_migrations' AND pg_has_role(n.nspowner, 'USAGE')
           AND NOT (has_schema_privilege(owner, n.oid, 'USAGE') AND has_schema_privilege(owner, n.oid, 'CREATE'))
        UNION ALL
        SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, format('%I.%I', n.nspname, c.relname)
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'awa_migrations' AND c.relkind IN ('r', 'S') AND pg_has_role(c.relowner, 'USAGE')
           AND NOT CASE c.relkind WHEN 'S' THEN has_sequence_privilege(owner, c.oid, 'USAGE')
                                  ELSE has_table_privilege(owner, c.oid, 'TRUNCATE') END
    LOOP
        EXECUTE format('GRANT ALL ON %s %s TO %I', own.word, own.name, owner);
    END LOOP;
    PERFORM set_config('role', owner, true);
END
$awa_infra$;

-- Awa's installer of queue storage stays with its owner. When a migration made it, default privileges let other roles
-- execute it; Awa revokes that from PUBLIC only.
DO $awa_infra$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT DISTINCT format('REVOKE ALL ON ROUTINE awa.%I(%s) FROM %I', p.proname,
                               pg_catalog.pg_get_function_identity_arguments(p.oid), r.rolname)
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
         CROSS JOIN LATERAL aclexplode(p.proacl) AS given
          JOIN pg_catalog.pg_default_acl d
            ON d.defaclrole = p.proowner AND d.defaclnamespace = n.oid AND d.defaclobjtype = 'f'
         CROSS JOIN LATERAL aclexplode(d.defaclacl) AS always
          JOIN pg_catalog.pg_roles r ON r.oid = given.grantee
         WHERE n.nspname = 'awa' AND p.proname = ANY ('{install_queue_storage_substrate}'::text[])
           AND given.grantee = always.grantee AND given.grantee <> p.proowner
           AND pg_has_role(p.proowner, 'USAGE')
    LOOP
        EXECUTE statement;
    END LOOP;
END
$awa_infra$;

COMMIT;
