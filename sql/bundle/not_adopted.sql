-- The tool would run migrations on a schema that another program has brought past them: the first one fails in it, and
-- any other one brings back what later ones have replaced.
SELECT 'not-adopted' AS code,
       format('Schema awa in database %I is at version %s, but the history of %s %s.',
              current_database(), found.version, {tool},
              CASE WHEN known.version IS NULL THEN 'does not know it'
                   ELSE format('ends at version %s', known.version) END) AS message,
       format({hint},
              lpad((found.version * {room})::text, 6, '0') || '_awa_v' || lpad(found.version::text, 3, '0')) AS hint
  FROM (SELECT max(version) AS version FROM awa.schema_version) found
 CROSS JOIN (SELECT max(h.identity::bigint) / {room} AS version
               FROM (
{history}
                    ) AS h) known
 WHERE found.version > greatest({from_version}, known.version)
