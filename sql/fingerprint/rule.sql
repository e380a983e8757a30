-- Rewrite rules other than those that are the queries of views; Awa makes none (0.6.9).
SELECT r.schema, 'rule' AS part, r.relname || '.' || w.rulename AS object,
       pg_catalog.pg_get_ruledef(w.oid)
       || CASE w.ev_enabled WHEN 'O' THEN '' WHEN 'D' THEN ' disabled' ELSE ' enabled as ' || w.ev_enabled::text END AS definition
  FROM relations r
  JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid
 WHERE w.rulename <> '_RETURN'
