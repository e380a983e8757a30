SELECT 'schema awa: version' AS what, {target_version}::text AS expected, max(version)::text AS found
  FROM awa.schema_version
UNION ALL
SELECT 'schema awa: versions recorded', {versions}::text, count(*)::text
  FROM awa.schema_version
 WHERE version <= {target_version}
