-- What an extension has adopted (ALTER EXTENSION ... ADD): pg_dump leaves it out, and DROP EXTENSION drops it. Asked from the
-- extensions on, of which there are few.
SELECT s.schema, 'adopted' AS part, o.name AS object, json_build_object('extension', e.extname, 'kind', o.kind)::text AS definition
  FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
 CROSS JOIN LATERAL (
        SELECT n.oid AS space, '(schema)' AS name, 'SCHEMA' AS kind
          FROM pg_catalog.pg_namespace n
         WHERE d.classid = 'pg_catalog.pg_namespace'::regclass AND n.oid = d.objid
        UNION ALL
        SELECT c.relnamespace, c.relname::text, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END
          FROM pg_catalog.pg_class c
         WHERE d.classid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objid
        UNION ALL
        SELECT p.pronamespace, p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', 'ROUTINE'
          FROM pg_catalog.pg_proc p
         WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = d.objid
        UNION ALL
        SELECT t.typnamespace, t.typname::text, 'TYPE'
          FROM pg_catalog.pg_type t
         WHERE d.classid = 'pg_catalog.pg_type'::regclass AND t.oid = d.objid AND t.typtype IN ('e', 'd', 'r')) o
  JOIN spaces s ON s.oid = o.space
