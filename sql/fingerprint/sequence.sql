-- Sequences: their parameters, not their current values. One that is not logged starts again after a crash (PostgreSQL 15).
SELECT r.schema, 'sequence' AS part, r.relname AS object,
       pg_catalog.format_type(s.seqtypid, NULL) || ' start ' || s.seqstart || ' increment ' || s.seqincrement
       || ' from ' || s.seqmin || ' to ' || s.seqmax || ' cache ' || s.seqcache
       || CASE WHEN s.seqcycle THEN ' cycle' ELSE '' END || CASE r.relpersistence WHEN 'u' THEN ' unlogged' ELSE '' END AS definition
  FROM relations r
  JOIN pg_catalog.pg_sequence s ON s.seqrelid = r.oid
