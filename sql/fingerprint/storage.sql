-- Storage parameters, sorted: fill factors and autovacuum settings are part of what Awa promises.
-- Those of indexes are told with the index.
SELECT 'storage' AS part, c.relname::text AS object,
       (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(c.reloptions) o) AS definition
  FROM pg_catalog.pg_class c
 WHERE c.relnamespace = to_regnamespace({schema}) AND c.relkind IN ('r', 'p', 'v', 'm')
   AND c.reloptions IS NOT NULL
