-- Triggers of people, not the internal ones of constraints; those cloned to partitions are named like the parent's.
SELECT 'trigger' AS part, c.relname || '.' || t.tgname AS object,
       pg_catalog.pg_get_triggerdef(t.oid)
       || CASE t.tgenabled WHEN 'O' THEN '' WHEN 'D' THEN ' disabled' ELSE ' enabled as ' || t.tgenabled::text END AS definition
  FROM pg_catalog.pg_trigger t
  JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
 WHERE c.relnamespace = to_regnamespace({schema}) AND NOT t.tgisinternal
