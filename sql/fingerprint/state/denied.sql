-- What roles may not do that a worker does: those that were granted INSERT where jobs begin, and the owner of each
-- schema, which can lose its own privileges too. Not checked: functions that Awa itself revokes from PUBLIC
-- ({private}), operators' functions of the storage transition, and those that only triggers call.
SELECT d.schema, 'denied' AS part, concat_ws(' ', d.role, d.kind, d.object) AS object,
       json_build_object('role', d.role, 'privilege', d.privilege, 'kind', d.kind, 'object', d.object)::text AS definition
  FROM (SELECT h.schema, h.rolname AS role, 'USAGE' AS privilege, 'SCHEMA' AS kind, s.oid::regnamespace::text AS object
          FROM spaces s
          JOIN holders h ON h.schema = s.schema
         WHERE NOT has_schema_privilege(h.oid, s.oid, 'USAGE')
        UNION ALL
        SELECT h.schema, h.rolname, 'EXECUTE', 'FUNCTION', f.oid::regprocedure::text
          FROM functions f
          JOIN holders h ON h.schema = f.schema
         WHERE f.prorettype <> 'pg_catalog.trigger'::regtype
           AND NOT has_function_privilege(h.oid, f.oid, 'EXECUTE')
           AND f.proname NOT IN ('storage_prepare', 'storage_enter_mixed_transition', 'storage_finalize', 'storage_abort')
           AND f.signature NOT IN (SELECT json_array_elements_text({private}::json))
        UNION ALL
        SELECT h.schema, h.rolname, 'USAGE', 'TYPE', t.oid::regtype::text
          FROM types t
          JOIN holders h ON h.schema = t.schema
         WHERE NOT has_type_privilege(h.oid, t.oid, 'USAGE')
        UNION ALL
        SELECT r.schema, o.rolname::text, 'SELECT, INSERT, UPDATE, DELETE', 'TABLE', r.oid::regclass::text
          FROM relations r
          JOIN pg_catalog.pg_roles o ON o.oid = r.nspowner
         WHERE r.relkind IN ('r', 'p') AND r.relowner = r.nspowner
           AND NOT (has_table_privilege(o.oid, r.oid, 'SELECT') AND has_table_privilege(o.oid, r.oid, 'INSERT')
                    AND has_table_privilege(o.oid, r.oid, 'UPDATE') AND has_table_privilege(o.oid, r.oid, 'DELETE'))) d
