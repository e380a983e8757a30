-- note: publication-without-identity
-- when: always
-- A publication of deletes or updates covers tables of Awa without a replica identity: PostgreSQL then refuses those
-- statements of Awa, at any wal_level. Awa's own tables are so (0.6.9: job_unique_claims and others).
SELECT 'publication-without-identity' AS code,
       format('Publication %s publishes deletes or updates of %s tables of schema %I that have no replica identity, such as %s: Awa''s own statements fail there. awa-infra verify prints what helps.',
              string_agg(DISTINCT x.pubname, ', '), count(DISTINCT x.relname), x.nspname, min(x.relname)) AS message
  FROM (SELECT p.pubname, n.nspname, c.relname
          FROM pg_catalog.pg_publication p
          JOIN pg_catalog.pg_class c ON c.relkind = 'r' AND c.relpersistence = 'p'
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE (p.pubdelete OR p.pubupdate)
           AND (n.nspname = 'awa'
                OR EXISTS (SELECT FROM pg_catalog.pg_proc f WHERE f.pronamespace = n.oid AND f.proname = 'claim_ready_runtime'))
           AND CASE c.relreplident
               WHEN 'f' THEN false
               WHEN 'n' THEN true
               WHEN 'i' THEN NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisreplident)
               ELSE NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
               END
           AND (p.puballtables
                OR EXISTS (SELECT FROM pg_catalog.pg_publication_tables t
                             JOIN pg_catalog.pg_class r ON r.relname = t.tablename
                             JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace AND rn.nspname = t.schemaname
                            WHERE t.pubname = p.pubname
                              AND (r.oid = c.oid OR r.oid IN (SELECT pg_catalog.pg_partition_ancestors(c.oid)))))) x
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
