-- Roles that were granted INSERT where jobs begin in schema {schema}, but may not advance all of its sequences:
-- Awa needs USAGE, SELECT and UPDATE on every one (0.6.9).
SELECT r.rolname::text AS role, count(*)::int AS sequences
  FROM (SELECT DISTINCT a.grantee
          FROM pg_catalog.pg_class c
         CROSS JOIN LATERAL aclexplode(c.relacl) a
         WHERE c.relnamespace = to_regnamespace({schema}) AND c.relkind IN ('r', 'p')
           AND c.relname IN ('jobs_hot', 'scheduled_jobs', 'ready_entries', 'deferred_jobs', 'queue_enqueue_heads')
           AND a.privilege_type = 'INSERT' AND a.grantee NOT IN (0, c.relowner)) g
  JOIN pg_catalog.pg_roles r ON r.oid = g.grantee
  JOIN pg_catalog.pg_class s ON s.relnamespace = to_regnamespace({schema}) AND s.relkind = 'S'
 WHERE NOT (has_sequence_privilege(r.oid, s.oid, 'USAGE')
            AND has_sequence_privilege(r.oid, s.oid, 'SELECT')
            AND has_sequence_privilege(r.oid, s.oid, 'UPDATE'))
 GROUP BY 1
 ORDER BY 1
