-- needs: awa_migrations.databasechangelog
-- What Liquibase remembers of this bundle's changesets, which all have the same logical path.
SELECT l.id AS identity, NULL::integer AS checksum,
       CASE l.exectype WHEN 'MARK_RAN' THEN 'adopted' ELSE 'applied' END AS outcome
  FROM awa_migrations.databasechangelog l
 WHERE l.author = 'awa-infra' AND l.filename = 'awa'
 ORDER BY l.orderexecuted
