-- Roles that were granted INSERT where jobs begin, but may not advance all sequences of the schema: Awa needs USAGE,
-- SELECT and UPDATE on every one (0.6.9).
SELECT r.schema, 'weak-role' AS part, o.rolname::text AS object, count(*)::text AS definition
  FROM inserters i
  JOIN pg_catalog.pg_roles o ON o.oid = i.grantee
  JOIN relations r ON r.schema = i.schema AND r.relkind = 'S'
 WHERE NOT (has_sequence_privilege(o.oid, r.oid, 'USAGE')
            AND has_sequence_privilege(o.oid, r.oid, 'SELECT')
            AND has_sequence_privilege(o.oid, r.oid, 'UPDATE'))
 GROUP BY r.schema, o.rolname
