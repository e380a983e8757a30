-- Whatever else is in the schema: every kind of object that depends on it and that no other part is about. Awa makes
-- none of them (0.6.9). Default privileges and publications of a schema are not in it.
SELECT m.schema, 'other' AS part, pg_catalog.pg_describe_object(m.classid, m.objid, m.objsubid) AS object, '' AS definition
  FROM members m
 WHERE m.classid NOT IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_type'::regclass,
                         'pg_catalog.pg_constraint'::regclass, 'pg_catalog.pg_default_acl'::regclass)
   -- PostgreSQL 14 has no such catalog.
   AND m.classid IS DISTINCT FROM to_regclass('pg_catalog.pg_publication_namespace')
