-- gate: removal-unrecognised
-- for: removal-of-nothing
-- A schema that this role may not read, or that is damaged, looks missing. It is not.
SELECT 'removal-unrecognised' AS code,
       format('Schema %I exists in database %I and holds objects, but role %I cannot see queue storage in it.', n.nspname,
              current_database(), current_user) AS message,
       format('It belongs to %I: connect as that role. If it is damaged, awa-infra verify says how; what is no queue storage is yours to drop.',
              pg_catalog.pg_get_userbyid(n.nspowner)) AS hint
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname = {schema}
   AND EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid)
