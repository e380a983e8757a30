-- Changes nothing: it reads, and keeps what it found in settings of its session.
-- Never touches jobs, other schemas, or which storage is active.
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

-- The same comparison as verify.sql, but every difference is an error. It runs last in the transaction, before the
-- COMMIT. What an administrator's script brings, before this or after it, is only a warning.
DO $awa_infra$
DECLARE
    wrong text;
    later text;
BEGIN
    SELECT string_agg(f.line, E'\n') FILTER (WHERE f.brought), string_agg(f.line, E'\n') FILTER (WHERE NOT f.brought)
      INTO wrong, later
      FROM (SELECT format('%s: %s instead of %s', r.what, r.found, r.expected) AS line, r.brought
              FROM jsonb_to_recordset(current_setting('awa_infra.facts')::jsonb)
                AS r (what text, expected text, found text, brought boolean)
             WHERE r.expected <> r.found) AS f;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('Database %I is not what this bundle promises:', current_database()) || E'\n' || wrong,
            HINT = CASE WHEN current_setting('awa_infra.each', true) = 'on' THEN 'What was committed before stays.'
                        ELSE 'Nothing was changed.' END
                   || ' README.md of the bundle says what to do.';
    ELSIF later IS NOT NULL THEN
        RAISE WARNING USING
            MESSAGE = format('Database %I still waits for an administrator:', current_database()) || E'\n' || later,
            HINT = 'The bundle''s roles.sql or guard.sql brings that, and may be run again: README.md says how.';
    END IF;
END
$awa_infra$;
