-- gate: queue-storage-other-owner
-- per: queue-storage
-- when: pending
-- unless: roles
-- Whoever made the schema beforehand owns it, while what is installed there belongs to the owner of schema awa: that one
-- may not create in it, or the schema's owner could neither migrate nor drop what is in it.
SELECT 'queue-storage-other-owner' AS code,
       format('Schema %I exists in database %I and belongs to %I, not to %I, whose queue storage is to be installed there.',
              n.nspname, current_database(), pg_catalog.pg_get_userbyid(n.nspowner),
              pg_catalog.pg_get_userbyid(o.owner)) AS message,
       format('As an administrator: ALTER SCHEMA %I OWNER TO %I; or declare another name.',
              n.nspname, pg_catalog.pg_get_userbyid(o.owner)) AS hint
  FROM pg_catalog.pg_namespace n
 CROSS JOIN LATERAL (SELECT coalesce((SELECT a.nspowner FROM pg_catalog.pg_namespace a WHERE a.nspname = 'awa'),
                                     (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)) AS owner) o
 WHERE n.nspname = {schema}
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'queue_ring_state')
   AND NOT (pg_has_role(n.nspowner, o.owner, 'USAGE') AND has_schema_privilege(o.owner, n.oid, 'CREATE'))
