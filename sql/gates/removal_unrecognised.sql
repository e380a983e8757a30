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
   -- Objects of any kind. Default privileges for new ones are none, and neither is a publication of the schema.
   AND EXISTS (SELECT FROM pg_catalog.pg_depend d
                JOIN pg_catalog.pg_class k ON k.oid = d.classid
                WHERE d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = n.oid
                  AND k.relname NOT IN ('pg_default_acl', 'pg_publication_namespace'))
