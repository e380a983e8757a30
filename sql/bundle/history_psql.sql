-- needs: awa.schema_version
-- psql remembers nothing; Awa's own table does.
SELECT v.version::text AS identity, NULL::integer AS checksum, 'applied' AS outcome
  FROM awa.schema_version v
 ORDER BY v.version
