-- needs: awa.schema_version
-- For a tool without a history of its own, as psql: Awa's own table of versions.
SELECT v.version::text AS identity, NULL::integer AS checksum, 'applied' AS outcome
  FROM awa.schema_version v
 ORDER BY v.version
