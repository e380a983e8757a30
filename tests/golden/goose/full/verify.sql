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

SELECT f.what, f.expected, f.found, f.expected IS NULL OR f.expected = f.found AS ok
  FROM jsonb_to_recordset(current_setting('awa_infra.facts')::jsonb) AS f (what text, expected text, found text);
COMMIT;
