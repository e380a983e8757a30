-- gate: newer-schema
-- needs: awa.schema_version
-- A release must never touch a schema that a newer release migrated.
SELECT 'newer-schema' AS code,
       format('Schema awa in database %I is at version %s, newer than the %s that Awa %s knows.',
              current_database(), max(version), {release_version}, {release}) AS message,
       'Use the Awa release (awa-pg) that your newest service uses, or a newer one.' AS hint
  FROM awa.schema_version
HAVING max(version) > {release_version}
