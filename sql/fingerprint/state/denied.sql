-- What roles may not do that a worker does, in schema {schema}: those that were granted INSERT where jobs begin, and the
-- owner of each object, who can lose his own privileges too. Not asked about: functions that Awa itself keeps from
-- everybody ({private}), operators' functions of the storage transition, and those that only triggers call.
WITH holders AS (
    SELECT DISTINCT r.oid, r.rolname
      FROM pg_catalog.pg_class c
     CROSS JOIN LATERAL aclexplode(c.relacl) a
      JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
     WHERE c.relnamespace = to_regnamespace({schema}) AND c.relkind IN ('r', 'p')
       AND c.relname IN ('jobs_hot', 'scheduled_jobs', 'ready_entries', 'deferred_jobs', 'queue_enqueue_heads')
       AND a.privilege_type = 'INSERT' AND a.grantee <> c.relowner
), owners AS (
    SELECT r.oid, r.rolname
      FROM pg_catalog.pg_namespace n
      JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner
     WHERE n.oid = to_regnamespace({schema})
)
SELECT h.rolname::text AS role, 'USAGE' AS privilege, 'SCHEMA' AS kind, n.oid::regnamespace::text AS object
  FROM (SELECT * FROM holders UNION SELECT * FROM owners) h
  JOIN pg_catalog.pg_namespace n ON n.oid = to_regnamespace({schema})
 WHERE NOT has_schema_privilege(h.oid, n.oid, 'USAGE')
UNION ALL
SELECT h.rolname::text, 'EXECUTE', 'FUNCTION', p.oid::regprocedure::text
  FROM (SELECT * FROM holders UNION SELECT * FROM owners) h
  JOIN pg_catalog.pg_proc p ON p.pronamespace = to_regnamespace({schema})
 WHERE p.prorettype <> 'pg_catalog.trigger'::regtype
   AND NOT has_function_privilege(h.oid, p.oid, 'EXECUTE')
   AND p.proname NOT IN ('storage_prepare', 'storage_enter_mixed_transition', 'storage_finalize', 'storage_abort')
   AND p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')'
       NOT IN (SELECT json_array_elements_text({private}::json))
UNION ALL
SELECT h.rolname::text, 'USAGE', 'TYPE', t.oid::regtype::text
  FROM (SELECT * FROM holders UNION SELECT * FROM owners) h
  JOIN pg_catalog.pg_type t ON t.typnamespace = to_regnamespace({schema}) AND t.typtype IN ('e', 'd', 'r')
 WHERE NOT has_type_privilege(h.oid, t.oid, 'USAGE')
UNION ALL
SELECT o.rolname::text, 'SELECT, INSERT, UPDATE, DELETE', 'TABLE', c.oid::regclass::text
  FROM owners o
  JOIN pg_catalog.pg_class c ON c.relnamespace = to_regnamespace({schema}) AND c.relkind IN ('r', 'p')
 WHERE NOT (has_table_privilege(o.oid, c.oid, 'SELECT') AND has_table_privilege(o.oid, c.oid, 'INSERT')
            AND has_table_privilege(o.oid, c.oid, 'UPDATE') AND has_table_privilege(o.oid, c.oid, 'DELETE'))
 ORDER BY 1, 3, 4
