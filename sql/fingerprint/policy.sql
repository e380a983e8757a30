-- Policies of row-level security; Awa makes none (0.6.9).
SELECT r.schema, 'policy' AS part, r.relname || '.' || p.polname AS object,
       concat_ws(' ', CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END,
                 CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete'
                               ELSE 'all' END,
                 'using ' || pg_catalog.pg_get_expr(p.polqual, p.polrelid),
                 'check ' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)) AS definition
  FROM relations r
  JOIN pg_catalog.pg_policy p ON p.polrelid = r.oid
