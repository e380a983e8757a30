-- Tables whose rows no worker can delete or update: a publication publishes that, and the table has no replica identity
-- (no primary key, no other one set). PostgreSQL then refuses the statement at any wal_level.
SELECT p.schema, 'published' AS part, p.relname AS object, string_agg(DISTINCT p.pubname, ', ' ORDER BY p.pubname) AS definition
  FROM (SELECT r.schema, r.oid, r.relname, r.relreplident, b.pubname::text AS pubname
          FROM relations r
         CROSS JOIN pg_catalog.pg_publication b
         WHERE r.relkind = 'r' AND r.relpersistence = 'p'
           AND b.puballtables AND (b.pubdelete OR b.pubupdate)
        UNION ALL
        -- A partition is published with any of its parents.
        SELECT s.schema, c.oid, c.relname::text, c.relreplident, b.pubname::text
          FROM pg_catalog.pg_publication b
         CROSS JOIN LATERAL (SELECT g.relid FROM pg_catalog.pg_get_publication_tables(b.pubname::text) g) given
         CROSS JOIN LATERAL (SELECT given.relid::oid AS oid
                             UNION
                             SELECT t.relid::oid FROM pg_catalog.pg_partition_tree(given.relid::regclass) t) leaf
          JOIN pg_catalog.pg_class c ON c.oid = leaf.oid
          JOIN spaces s ON s.oid = c.relnamespace
         WHERE NOT b.puballtables AND (b.pubdelete OR b.pubupdate)
           AND c.relkind = 'r' AND c.relpersistence = 'p') p
 WHERE CASE p.relreplident
       WHEN 'f' THEN false
       WHEN 'n' THEN true
       WHEN 'i' THEN NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = p.oid AND i.indisreplident)
       ELSE NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = p.oid AND i.indisprimary)
       END
 GROUP BY p.schema, p.relname
UNION ALL
-- The same where a row filter has a column that is not of the replica identity, or a list of columns leaves one out. Only
-- servers from 15 on have them: read in a way that 14 accepts too. The rows of a partition can be published as of its parent.
SELECT s.schema, 'narrowed', c.relname::text, string_agg(DISTINCT b.pubname::text, ', ' ORDER BY b.pubname::text)
  FROM pg_catalog.pg_publication_rel p
  JOIN pg_catalog.pg_publication b ON b.oid = p.prpubid AND (b.pubdelete OR b.pubupdate)
 CROSS JOIN LATERAL (SELECT to_jsonb(p) ->> 'prqual' AS filter, string_to_array(translate(to_jsonb(p) ->> 'prattrs', '[],', ''), ' ')
                            AS listed) n
 CROSS JOIN LATERAL (SELECT p.prrelid AS oid
                     UNION
                     SELECT t.relid::oid FROM pg_catalog.pg_partition_tree(p.prrelid::regclass) t WHERE b.pubviaroot) leaf
  JOIN pg_catalog.pg_class c ON c.oid = leaf.oid AND c.relkind = 'r' AND c.relpersistence = 'p'
  JOIN spaces s ON s.oid = c.relnamespace
 CROSS JOIN LATERAL (SELECT array_agg(o.attnum::text) AS keys
                       FROM pg_catalog.pg_index i
                       JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
                       JOIN pg_catalog.pg_attribute o ON o.attrelid = p.prrelid AND o.attname = a.attname
                      WHERE i.indrelid = c.oid
                        AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident END) k
 WHERE CASE c.relreplident WHEN 'f' THEN n.listed IS NOT NULL
            ELSE NOT k.keys <@ n.listed
                 OR NOT ARRAY(SELECT v.found[1] FROM regexp_matches(n.filter, ':varattno ([0-9]+)', 'g') AS v (found)) <@ k.keys END
 GROUP BY s.schema, c.relname
