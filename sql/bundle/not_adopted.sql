-- The tool would run its first migration on a schema that another program migrated, and fail in it.
SELECT 'not-adopted' AS code,
       format('Schema awa in database %I is at version %s, but the history of %s does not know it.',
              current_database(), found.version, {tool}) AS message,
       format({hint},
              lpad((found.version * {room})::text, 6, '0') || '_awa_v' || lpad(found.version::text, 3, '0')) AS hint
  FROM (SELECT max(version) AS version FROM awa.schema_version) found
 WHERE found.version > {from_version}
   AND NOT EXISTS (
{history}
       )
