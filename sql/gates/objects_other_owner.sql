-- gate: objects-other-owner
-- when: structure
-- of: login
-- What the owner of a schema could neither replace nor alter, and what this session cannot hand over: PostgreSQL would
-- refuse in the middle of a migration.
SELECT 'objects-other-owner' AS code,
       format('In schema %I, %s to %I, not to %I: %s%s.', s.schema,
              CASE count(*) WHEN 1 THEN '1 object belongs' ELSE format('%s objects belong', count(*)) END,
              s.belongs, s.owner,
              array_to_string((array_agg(s.name ORDER BY s.name))[:3], ', '),
              CASE WHEN count(*) > 3 THEN ' and more' ELSE '' END) AS message,
       s.hint AS hint
  FROM (
{strangers}
       ) AS s
 WHERE NOT (s.movable AND {hands_over})
 GROUP BY s.schema, s.belongs, s.owner, s.hint
