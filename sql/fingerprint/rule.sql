-- Rewrite rules other than those that are the queries of views; Awa makes none (0.6.9).
SELECT 'rule' AS part, c.relname || '.' || r.rulename AS object,
       pg_catalog.pg_get_ruledef(r.oid)
       || CASE r.ev_enabled WHEN 'O' THEN '' WHEN 'D' THEN ' disabled' ELSE ' enabled as ' || r.ev_enabled::text END AS definition
  FROM pg_catalog.pg_rewrite r
  JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
 WHERE c.relnamespace = to_regnamespace({schema}) AND r.rulename <> '_RETURN'
