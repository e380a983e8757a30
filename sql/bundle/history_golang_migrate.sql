-- needs: awa_migrations.schema_migrations
-- golang-migrate remembers the last number only, and whether it failed there.
SELECT m.version::text AS identity, NULL::integer AS checksum,
       CASE WHEN m.dirty THEN 'failed' ELSE 'baseline' END AS outcome
  FROM awa_migrations.schema_migrations m
