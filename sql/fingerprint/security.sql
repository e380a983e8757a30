-- Row-level security, which hides rows from every role but the owner; Awa enables it nowhere (0.6.9).
SELECT r.schema, 'security' AS part, r.relname AS object,
       'row-level security' || CASE WHEN r.relrowsecurity THEN ' enabled' ELSE '' END
       || CASE WHEN r.relforcerowsecurity THEN ' forced' ELSE '' END AS definition
  FROM relations r
 WHERE r.relrowsecurity OR r.relforcerowsecurity
