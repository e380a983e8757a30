-- Sequences: their parameters, not where they stand.
SELECT 'sequence' AS part, c.relname::text AS object,
       pg_catalog.format_type(s.seqtypid, NULL) || ' start ' || s.seqstart || ' increment ' || s.seqincrement
       || ' from ' || s.seqmin || ' to ' || s.seqmax || ' cache ' || s.seqcache
       || CASE WHEN s.seqcycle THEN ' cycle' ELSE '' END AS definition
  FROM pg_catalog.pg_sequence s
  JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
 WHERE c.relnamespace = to_regnamespace({schema})
