-- Row-level security, which hides rows from everybody but the owner; Awa enables it nowhere (0.6.9).
SELECT 'security' AS part, c.relname::text AS object,
       'row-level security' || CASE WHEN c.relrowsecurity THEN ' enabled' ELSE '' END
       || CASE WHEN c.relforcerowsecurity THEN ' forced' ELSE '' END AS definition
  FROM pg_catalog.pg_class c
 WHERE c.relnamespace = to_regnamespace({schema}) AND (c.relrowsecurity OR c.relforcerowsecurity)
