-- Storage parameters, sorted: fill factors and autovacuum settings are part of what Awa promises.
-- Those of indexes are part of the index.
SELECT r.schema, 'storage' AS part, r.relname AS object,
       (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(r.reloptions) o) AS definition
  FROM relations r
 WHERE r.relkind IN ('r', 'p', 'v', 'm') AND r.reloptions IS NOT NULL
