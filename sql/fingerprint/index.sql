-- Indexes, from the raw columns of the catalog: pg_get_indexdef would take most of the time of all parts.
-- One that belongs to a partitioned index is named by that and its table: PostgreSQL chose its own name.
-- Operator classes are read once: joined, all of them would be read again for every index.
-- NULLS NOT DISTINCT, which only servers from 15 on have, is read in a way that 14 accepts too.
SELECT r.schema, 'index' AS part, CASE WHEN parent.relname IS NULL THEN ic.relname::text
                                       ELSE r.relname || '.' || parent.relname END AS object,
       CASE WHEN i.indisunique THEN 'unique ' ELSE '' END || am.amname || ' on ' || r.relname || ' ('
       || (SELECT string_agg(coalesce(c.names[k.attnum], 'expression')
                             || CASE WHEN k.n > i.indnkeyatts THEN ' included'
                                     ELSE ' ' || ((SELECT jsonb_object_agg(oc.oid, oc.opcname) FROM pg_catalog.pg_opclass oc)
                                                  ->> i.indclass[k.n - 1]::text)
                                          || CASE i.indoption[k.n - 1] & 3 WHEN 0 THEN '' WHEN 1 THEN ' desc nulls last'
                                                                           WHEN 2 THEN ' nulls first' ELSE ' desc' END
                                          || CASE WHEN i.indcollation[k.n - 1] IN (0, 100) THEN ''
                                                  ELSE ' collate ' || (SELECT co.collname FROM pg_catalog.pg_collation co
                                                                        WHERE co.oid = i.indcollation[k.n - 1]) END
                                END, ', ' ORDER BY k.n)
             FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, n)) || ')'
       || coalesce(' expressions ' || pg_catalog.pg_get_expr(i.indexprs, i.indrelid), '')
       || coalesce(' where ' || pg_catalog.pg_get_expr(i.indpred, i.indrelid), '')
       || CASE WHEN i.indisunique AND NOT i.indisprimary AND to_jsonb(i) ->> 'indnullsnotdistinct' = 'true'
               THEN ' nulls not distinct' ELSE '' END
       || coalesce(' with ' || array_to_string(ic.reloptions, ', '), '')
       || coalesce(' partition of ' || parent.relname, '')
       || CASE WHEN i.indisvalid AND i.indisready AND i.indislive THEN '' ELSE ' invalid' END AS definition
  FROM relations r
 -- The names of a table's columns by number, once for all of its indexes; an expression has number 0.
 CROSS JOIN LATERAL (SELECT array_agg(a.attname::text ORDER BY a.attnum) AS names
                       FROM pg_catalog.pg_attribute a
                      WHERE a.attrelid = r.oid AND a.attnum > 0) c
  JOIN pg_catalog.pg_index i ON i.indrelid = r.oid
  JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
  JOIN pg_catalog.pg_am am ON am.oid = ic.relam
  LEFT JOIN pg_catalog.pg_inherits inh ON inh.inhrelid = i.indexrelid
  LEFT JOIN pg_catalog.pg_class parent ON parent.oid = inh.inhparent
 WHERE r.relkind IN ('r', 'p', 'm')
