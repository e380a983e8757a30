-- A bundle that starts after a version needs a database at that version.
SELECT 'start-not-reached' AS code,
       format('Schema awa in database %I is at version %s, and this bundle starts after version %s.',
              current_database(), coalesce(max(version), 0), {from_version}) AS message,
       format('Run the bundle that ends with version %s or later first.', {from_version}) AS hint
  FROM awa.schema_version
HAVING coalesce(max(version), 0) < {from_version}
