SELECT {what}, {target_version}::text, max(version)::text
  FROM awa.schema_version
UNION ALL
SELECT 'schema awa: versions recorded', {versions}::text, count(*)::text
  FROM awa.schema_version
 WHERE version <= {target_version}
