-- gate: queue-storage-unusable
-- when: pending
-- unless: roles
-- Awa's migrations silently skip a queue-storage schema on which the migrating role has no USAGE, and
-- refresh the others as their owner. A skipped schema would be left behind at an older version.
SELECT DISTINCT 'queue-storage-unusable' AS code,
       format('Role %I cannot migrate the queue-storage schema %I, which belongs to %I.', current_user,
              n.nspname, pg_catalog.pg_get_userbyid(n.nspowner)) AS message,
       format('Connect as %I or as a member of it.', pg_catalog.pg_get_userbyid(n.nspowner)) AS hint
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE p.proname = 'claim_ready_runtime'
   AND n.nspname <> 'awa'
   AND NOT (has_schema_privilege(n.oid, 'USAGE') AND pg_has_role(n.nspowner, 'MEMBER'))
