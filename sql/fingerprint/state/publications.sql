-- Tables of schema {schema} whose rows no worker can delete or update: a publication publishes that, and the table has
-- no replica identity (no primary key, no other one set). PostgreSQL then refuses the statement at any wal_level.
SELECT c.relname::text AS relation, string_agg(DISTINCT p.pubname, ', ' ORDER BY p.pubname) AS publications
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_publication p ON (p.pubdelete OR p.pubupdate)
 WHERE c.relnamespace = to_regnamespace({schema}) AND c.relkind = 'r' AND c.relpersistence = 'p'
   AND (p.puballtables
        OR EXISTS (SELECT FROM pg_catalog.pg_publication_tables t
                     JOIN pg_catalog.pg_class x ON x.relname = t.tablename
                     JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace AND n.nspname = t.schemaname
                    WHERE t.pubname = p.pubname
                      AND (x.oid = c.oid OR x.oid IN (SELECT pg_catalog.pg_partition_ancestors(c.oid)))))
   AND CASE c.relreplident
       WHEN 'f' THEN false
       WHEN 'n' THEN true
       WHEN 'i' THEN NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisreplident)
       ELSE NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
       END
 GROUP BY 1
 ORDER BY 1
