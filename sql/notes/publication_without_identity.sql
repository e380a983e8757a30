-- note: publication-without-identity
-- when: always
-- A publication of deletes or updates covers tables of Awa without a replica identity: PostgreSQL then refuses those
-- statements of Awa, at any wal_level. Awa's own tables are so (0.6.9: job_unique_claims and others). Asked from the
-- publications on, so that it costs nothing where there are none.
SELECT 'publication-without-identity' AS code,
       format('Publication %s publishes deletes or updates of %s tables of schema %I that have no replica identity, such as %s: Awa''s own statements fail there. awa-infra verify prints what helps.',
              string_agg(DISTINCT x.pubname, ', '), count(DISTINCT x.relname), x.nspname, min(x.relname)) AS message
  FROM (SELECT p.pubname, t.*
          FROM pg_catalog.pg_publication p
         CROSS JOIN LATERAL (
                SELECT n.nspname, c.relname, c.oid, c.relreplident
                  FROM pg_catalog.pg_namespace n
                  JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_namespace'::regclass
                                             AND d.refobjid = n.oid AND d.classid = 'pg_catalog.pg_class'::regclass
                  JOIN pg_catalog.pg_class c ON c.oid = d.objid
                 WHERE p.puballtables AND c.relkind = 'r' AND c.relpersistence = 'p'
                   AND (n.nspname = 'awa'
                        OR EXISTS (SELECT FROM pg_catalog.pg_proc f
                                    WHERE f.pronamespace = n.oid AND f.proname = 'claim_ready_runtime'))
                OFFSET 0) t
         WHERE p.pubdelete OR p.pubupdate
        UNION ALL
        -- A partition is published with any of its parents.
        SELECT p.pubname, t.*
          FROM pg_catalog.pg_publication p
         CROSS JOIN LATERAL (
                SELECT n.nspname, c.relname, c.oid, c.relreplident
                  FROM (SELECT g.relid::oid AS oid
                          FROM pg_catalog.pg_get_publication_tables(p.pubname::text) g
                        UNION
                        SELECT part.relid::oid
                          FROM pg_catalog.pg_get_publication_tables(p.pubname::text) g
                         CROSS JOIN LATERAL pg_catalog.pg_partition_tree(g.relid::regclass) part) leaf
                  JOIN pg_catalog.pg_class c ON c.oid = leaf.oid
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind = 'r' AND c.relpersistence = 'p'
                   AND (n.nspname = 'awa'
                        OR EXISTS (SELECT FROM pg_catalog.pg_proc f
                                    WHERE f.pronamespace = n.oid AND f.proname = 'claim_ready_runtime'))
                OFFSET 0) t
         WHERE NOT p.puballtables AND (p.pubdelete OR p.pubupdate)) x
 WHERE CASE x.relreplident
       WHEN 'f' THEN false
       WHEN 'n' THEN true
       WHEN 'i' THEN NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = x.oid AND i.indisreplident)
       ELSE NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = x.oid AND i.indisprimary)
       END
 GROUP BY x.nspname
UNION ALL
-- Before the tables are there, only a publication of all tables is known to cover them.
SELECT 'publication-without-identity',
       format('Publication %s publishes deletes or updates of all tables of database %I: those of Awa without a replica identity will refuse Awa''s own statements. awa-infra verify prints what helps, once Awa is there.',
              string_agg(p.pubname, ', '), current_database())
  FROM pg_catalog.pg_publication p
 WHERE p.puballtables AND (p.pubdelete OR p.pubupdate)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = 'awa')
HAVING count(*) > 0
