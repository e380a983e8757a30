-- What verify.sql shows, as a demand: anything that is not as the bundle promises is an error. As the last in a
-- transaction it is asked before it is too late.
DO $awa_infra$
DECLARE
    wrong text;
BEGIN
    SELECT string_agg(format('%s: %s instead of %s', facts.what, coalesce(facts.found, 'nothing'), facts.expected), E'\n')
      INTO wrong
      FROM (
SELECT 'schema awa: version' AS what, 40::text AS expected, max(version)::text AS found
  FROM awa.schema_version
UNION ALL
SELECT 'schema awa: versions recorded', 39::text, count(*)::text
  FROM awa.schema_version
 WHERE version <= 40
UNION ALL
SELECT 'schema awa: patch ' || 'wait_free_dirty_marks', 'applied', CASE WHEN probe.applied THEN 'applied' ELSE 'missing' END
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
UNION ALL
SELECT 'queue storage ' || 'acme_jobs' || ': queue/lease/claim slots, receipts', '16/8/8 t',
       format('%s/%s/%s %s', q.slot_count, l.slot_count, c.slot_count,
              (SELECT bool_or(p.prosrc ~* 'insert into [^ ]*lease_claim')
                 FROM pg_catalog.pg_proc p
                 JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                WHERE n.nspname = 'acme_jobs' AND p.proname = 'claim_ready_runtime'))
  FROM "acme_jobs".queue_ring_state q
 CROSS JOIN "acme_jobs".lease_ring_state l
 CROSS JOIN "acme_jobs".claim_ring_state c
UNION ALL
-- Where new jobs go. This bundle never changes it; on a new database it is canonical until the first worker starts.
SELECT 'job routing (for information)', NULL, t.state || ', engine ' || t.current_engine
  FROM awa.storage_transition_state t
           ) AS facts (what, expected, found)
     WHERE facts.expected IS DISTINCT FROM facts.found AND facts.expected IS NOT NULL;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('Database %I is not what this bundle promises:', current_database()) || E'\n' || wrong,
            HINT = 'Nothing was changed.' || ' README.md of the bundle says what to do.';
    END IF;
END
$awa_infra$;
