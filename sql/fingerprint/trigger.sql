-- Triggers of people, not the internal ones of constraints unless they are disabled; those cloned to partitions are
-- named like the parent's.
SELECT r.schema, 'trigger' AS part, r.relname || '.' || CASE WHEN t.tgisinternal THEN con.conname ELSE t.tgname END AS object,
       CASE WHEN t.tgisinternal THEN 'constraint trigger' ELSE pg_catalog.pg_get_triggerdef(t.oid) END
       || CASE t.tgenabled WHEN 'O' THEN '' WHEN 'D' THEN ' disabled' ELSE ' enabled as ' || t.tgenabled::text END AS definition
  FROM relations r
  JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.oid
  LEFT JOIN pg_catalog.pg_constraint con ON con.oid = t.tgconstraint
 WHERE NOT t.tgisinternal OR t.tgenabled <> 'O'
