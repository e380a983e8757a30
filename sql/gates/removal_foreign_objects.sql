-- gate: removal-foreign-objects
-- for: removal
-- What Awa did not make must not go with the schema. Everything that DROP SCHEMA ... CASCADE takes along is followed
-- through pg_depend; allowed are the kinds of objects that Awa makes, inside the schema. Whether each of those has a name
-- that the release gives is compared separately, with the catalog of the release.
WITH RECURSIVE gone (classid, objid, objsubid) AS (
    SELECT 'pg_catalog.pg_namespace'::regclass::oid, n.oid, 0
      FROM pg_catalog.pg_namespace n
     WHERE n.nspname = {schema}
    UNION
    SELECT d.classid, d.objid, d.objsubid
      FROM gone g
      JOIN pg_catalog.pg_depend d
             ON d.refclassid = g.classid AND d.refobjid = g.objid AND g.objsubid IN (0, d.refobjsubid)
), placed AS (
    SELECT g.classid, g.objid, g.objsubid, g.classid::regclass::text AS catalog, n.nspname AS namespace,
           c.relkind, t.typtype, t.typcategory, w.rulename
      FROM gone g
      LEFT JOIN pg_catalog.pg_rewrite w ON g.classid = 'pg_catalog.pg_rewrite'::regclass AND w.oid = g.objid
      LEFT JOIN pg_catalog.pg_attrdef a ON g.classid = 'pg_catalog.pg_attrdef'::regclass AND a.oid = g.objid
      LEFT JOIN pg_catalog.pg_trigger r ON g.classid = 'pg_catalog.pg_trigger'::regclass AND r.oid = g.objid
      LEFT JOIN pg_catalog.pg_constraint k ON g.classid = 'pg_catalog.pg_constraint'::regclass AND k.oid = g.objid
      LEFT JOIN pg_catalog.pg_proc p ON g.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = g.objid
      LEFT JOIN pg_catalog.pg_type t ON g.classid = 'pg_catalog.pg_type'::regclass AND t.oid = g.objid
      LEFT JOIN pg_catalog.pg_class c
             ON c.oid = coalesce(w.ev_class, a.adrelid, r.tgrelid, nullif(k.conrelid, 0),
                                 CASE WHEN g.classid = 'pg_catalog.pg_class'::regclass THEN g.objid END)
      LEFT JOIN pg_catalog.pg_namespace n
             ON n.oid = coalesce(c.relnamespace, k.connamespace, p.pronamespace, t.typnamespace)
), foreign_object AS (
    SELECT pg_catalog.pg_describe_object(o.classid, o.objid, o.objsubid) AS name
      FROM placed o
     WHERE NOT CASE o.catalog
                   WHEN 'pg_namespace' THEN true
                   -- Default privileges for what is made in the schema; declared roles have some.
                   WHEN 'pg_default_acl' THEN true
                   WHEN 'pg_class' THEN o.namespace IN ({schema}, 'pg_toast')
                   WHEN 'pg_proc' THEN o.namespace = {schema}
                   WHEN 'pg_constraint' THEN o.namespace = {schema}
                   WHEN 'pg_attrdef' THEN o.namespace = {schema}
                   WHEN 'pg_trigger' THEN o.namespace = {schema}
                   WHEN 'pg_rewrite' THEN o.namespace = {schema} AND o.rulename = '_RETURN'
                   -- Only users make base types; arrays and row types are dropped with what they belong to.
                   WHEN 'pg_type' THEN o.namespace IN ({schema}, 'pg_toast') AND (o.typtype <> 'b' OR o.typcategory = 'A')
                   ELSE false
               END
       -- A part of something that is listed itself: triggers of a foreign key, members of an operator family.
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                         JOIN gone g ON g.classid = d.refclassid AND g.objid = d.refobjid
                        WHERE d.classid = o.classid AND d.objid = o.objid AND d.deptype = 'i')
)
SELECT 'removal-foreign-objects' AS code,
       format('Schema %I holds or carries what Awa did not make: %s%s.', {schema},
              string_agg(f.name, ', ' ORDER BY f.name) FILTER (WHERE f.place <= 10),
              CASE WHEN count(*) > 10 THEN format(' and %s more', count(*) - 10) ELSE '' END) AS message,
       'Move or drop those yourself, then remove the schema again.' AS hint
  FROM (SELECT name, row_number() OVER (ORDER BY name) AS place FROM (SELECT DISTINCT name FROM foreign_object) d) f
HAVING count(*) > 0
