-- What roles may not do that a worker does: those that were granted INSERT where jobs begin, and the owner of each
-- schema, which can lose its own privileges too. Not checked: functions that Awa itself revokes from PUBLIC
-- ({private}), operators' functions of the storage transition, and those that only triggers call. CREATE is needed by the
-- owner, and by each role that adds a job where new jobs go: a lane makes sure of its sequence, which needs CREATE even where
-- the sequence is there (Awa 0.6.9).
SELECT d.schema, 'denied' AS part, concat_ws(' ', d.role, d.kind, d.object, d.privilege) AS object,
       json_build_object('role', d.role, 'privilege', d.privilege, 'kind', d.kind, 'object', d.object)::text AS definition
  FROM (SELECT h.schema, h.rolname AS role, p.privilege, 'SCHEMA' AS kind, s.oid::regnamespace::text AS object
          FROM spaces s
          JOIN holders h ON h.schema = s.schema
         CROSS JOIN (VALUES ('USAGE'), ('CREATE')) AS p (privilege)
         WHERE NOT has_schema_privilege(h.oid, s.oid, p.privilege)
           AND (p.privilege = 'USAGE'
                OR EXISTS (SELECT FROM functions f
                            WHERE f.schema = s.schema AND f.proname = 'ensure_lane_sequences' AND f.prosrc ~ 'CREATE SEQUENCE'))
        UNION ALL
        SELECT h.schema, h.rolname, 'EXECUTE', 'FUNCTION', f.oid::regprocedure::text
          FROM functions f
          JOIN holders h ON h.schema = f.schema
         WHERE f.prorettype <> 'pg_catalog.trigger'::regtype
           -- Without any privilege recorded everybody may.
           AND f.proacl IS NOT NULL AND NOT has_function_privilege(h.oid, f.oid, 'EXECUTE')
           AND f.proname NOT IN ('storage_prepare', 'storage_enter_mixed_transition', 'storage_finalize', 'storage_abort')
           AND f.signature NOT IN (SELECT json_array_elements_text({private}::json))
        UNION ALL
        SELECT h.schema, h.rolname, 'USAGE', 'TYPE', t.oid::regtype::text
          FROM types t
          JOIN holders h ON h.schema = t.schema
         WHERE NOT has_type_privilege(h.oid, t.oid, 'USAGE')
        UNION ALL
        -- A role that may delete from most tables is a worker's: what it may not do with the others, it lost. Tables with the
        -- same owner and privileges are asked about once. Workers truncate partitions, and only read what says where jobs go.
        SELECT l.schema, l.rolname, l.privilege, 'TABLE', t.oid::regclass::text
          FROM (SELECT h.schema, h.rolname, g.oids, a.privilege,
                       h.owns OR 2 * sum(g.many) FILTER (WHERE has_table_privilege(h.oid, g.oid, 'DELETE')) OVER each
                                 > sum(g.many) OVER each AS works
                  FROM holders h
                  JOIN (SELECT r.schema, min(r.oid) AS oid, array_agg(r.oid) AS oids, count(*) AS many, r.relispartition,
                               k.written, k.kept
                          FROM relations r
                         CROSS JOIN LATERAL (SELECT r.relkind <> 'v' AS written, r.relname IN (
                                                    'schema_version', 'schema_patches', 'storage_transition_state',
                                                    'runtime_storage_backends') AS kept) k
                         -- What another role owns is a finding of its own, or none of Awa's.
                         WHERE r.relkind IN ('r', 'p', 'v') AND r.relowner = r.nspowner
                         GROUP BY r.schema, r.relowner, r.relacl::text, r.relispartition, k.written, k.kept) g
                    ON g.schema = h.schema
                 CROSS JOIN LATERAL (
                    SELECT concat_ws(', ', CASE WHEN NOT has_table_privilege(h.oid, g.oid, 'SELECT') THEN 'SELECT' END,
                                     CASE WHEN w.writes AND NOT has_table_privilege(h.oid, g.oid, 'INSERT') THEN 'INSERT' END,
                                     CASE WHEN w.writes AND NOT has_table_privilege(h.oid, g.oid, 'UPDATE') THEN 'UPDATE' END,
                                     CASE WHEN w.writes AND NOT has_table_privilege(h.oid, g.oid, 'DELETE') THEN 'DELETE' END,
                                     CASE WHEN w.writes AND (h.owns OR g.relispartition)
                                               AND NOT has_table_privilege(h.oid, g.oid, 'TRUNCATE') THEN 'TRUNCATE' END)
                           AS privilege
                      FROM (SELECT g.written AND (h.owns OR NOT g.kept) AS writes) w) a
                WINDOW each AS (PARTITION BY h.schema, h.oid)) l
         CROSS JOIN LATERAL unnest(l.oids) AS t (oid)
         WHERE l.works AND l.privilege <> '') d
