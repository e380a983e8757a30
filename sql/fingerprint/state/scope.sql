-- What every part of the fingerprint is made from: the schemas {schemas} and what is in them, for all of them at once.
-- Found by what depends on the schema, and from there by indexes: pg_class has no index by schema, and reading all of it,
-- and of the other catalogs, for each part takes seconds beside 80,000 other tables.
WITH spaces AS MATERIALIZED (
    SELECT n.oid, n.nspname::text AS schema, n.nspowner, n.nspacl
      FROM pg_catalog.pg_namespace n
     WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text({schemas}::json)::name))
), members AS MATERIALIZED (
    SELECT s.schema, s.nspowner, d.classid, d.objid, d.objsubid
      FROM spaces s
      JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = s.oid
), relations AS MATERIALIZED (
    SELECT m.schema, m.nspowner, c.oid, c.relname::text AS relname, c.relnamespace, c.relkind, c.relpersistence,
           c.relowner, c.relacl, c.reloptions, c.relispartition, c.relpartbound, c.relrowsecurity, c.relforcerowsecurity,
           c.relreplident, c.relam, c.relhassubclass
      FROM (SELECT m.schema, m.nspowner, m.objid AS oid
              FROM members m
             WHERE m.classid = 'pg_catalog.pg_class'::regclass
            UNION ALL
            -- A composite type is a relation too, and it is the type that depends on the schema.
            SELECT m.schema, m.nspowner, t.typrelid
              FROM members m
              JOIN pg_catalog.pg_type t ON t.oid = m.objid
             WHERE m.classid = 'pg_catalog.pg_type'::regclass AND t.typtype = 'c') m
      JOIN pg_catalog.pg_class c ON c.oid = m.oid
), functions AS MATERIALIZED (
    SELECT m.schema, p.oid, p.proname::text AS proname, p.proowner, p.proacl, p.prolang, p.prokind, p.provolatile,
           p.prosecdef, p.proisstrict, p.proleakproof, p.proparallel, p.procost, p.prorows, p.proconfig, p.prosrc,
           p.prorettype, p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' AS signature
      FROM members m
      JOIN pg_catalog.pg_proc p ON p.oid = m.objid
     WHERE m.classid = 'pg_catalog.pg_proc'::regclass
), types AS MATERIALIZED (
    SELECT m.schema, t.oid, t.typname::text AS typname, t.typowner, t.typtype, t.typbasetype, t.typtypmod
      FROM members m
      JOIN pg_catalog.pg_type t ON t.oid = m.objid
     WHERE m.classid = 'pg_catalog.pg_type'::regclass AND t.typtype IN ('e', 'd', 'r')
), inserters AS MATERIALIZED (
    -- Roles that were granted INSERT where jobs begin; 0 is PUBLIC.
    SELECT DISTINCT r.schema, a.grantee
      FROM relations r
     CROSS JOIN LATERAL aclexplode(r.relacl) a
     WHERE r.relkind IN ('r', 'p')
       AND r.relname IN ('jobs_hot', 'scheduled_jobs', 'ready_entries', 'deferred_jobs', 'queue_enqueue_heads')
       AND a.privilege_type = 'INSERT' AND a.grantee <> r.relowner
), holders AS MATERIALIZED (
    -- The roles that work in a schema: those, and its owner.
    SELECT s.schema, o.oid, o.rolname::text AS rolname, o.oid = s.nspowner AS owns
      FROM spaces s
      JOIN pg_catalog.pg_roles o
        ON o.oid = s.nspowner OR o.oid IN (SELECT i.grantee FROM inserters i WHERE i.schema = s.schema)
)
