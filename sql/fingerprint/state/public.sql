-- What was granted to PUBLIC beyond reading: whoever may connect could change jobs, or make functions where workers look for
-- Awa's. Functions and types, which everybody may use by default, are not in it.
SELECT t.schema, 'public' AS part, concat_ws(' ', t.kind, t.object) AS object,
       json_build_object('role', 'PUBLIC', 'privilege', t.privilege, 'kind', t.kind, 'object', t.object)::text AS definition
  FROM (SELECT g.schema, g.kind, g.object, string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) AS privilege
          FROM (SELECT s.schema, 'SCHEMA' AS kind, s.oid::regnamespace::text AS object, s.nspacl AS acl
                  FROM spaces s
                UNION ALL
                SELECT r.schema, CASE r.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, r.oid::regclass::text, r.relacl
                  FROM relations r
                 WHERE r.relacl IS NOT NULL AND r.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')) g
         CROSS JOIN LATERAL aclexplode(g.acl) a
         WHERE a.grantee = 0 AND a.privilege_type <> CASE g.kind WHEN 'SCHEMA' THEN 'USAGE' ELSE 'SELECT' END
         GROUP BY g.schema, g.kind, g.object) t
