-- Whatever else is in the schema: every kind of object that depends on it and that no other part is about. Awa makes
-- none of them (0.6.9). Default privileges and publications of a schema are not in it.
SELECT 'other' AS part, pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) AS object, '' AS definition
  FROM pg_catalog.pg_depend d
 WHERE d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = to_regnamespace({schema})
   AND d.classid NOT IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_type'::regclass,
                         'pg_catalog.pg_constraint'::regclass, 'pg_catalog.pg_default_acl'::regclass)
   -- PostgreSQL 14 has no such catalog.
   AND d.classid IS DISTINCT FROM to_regclass('pg_catalog.pg_publication_namespace')
