-- needs: awa_migrations.dbmate_migrations
-- What dbmate remembers: the numbers, with their leading zeros.
SELECT m.version::integer::text AS identity, NULL::integer AS checksum, 'applied' AS outcome
  FROM awa_migrations.dbmate_migrations m
 WHERE m.version ~ '^[0-9]{1,9}$'
