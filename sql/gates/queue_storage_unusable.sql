-- gate: queue-storage-unusable
-- when: pending
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
