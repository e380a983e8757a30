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
