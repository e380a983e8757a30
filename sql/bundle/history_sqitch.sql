-- needs: awa_migrations.changes
-- What sqitch remembers of this bundle's project.
SELECT split_part(c.change, '_', 1)::integer::text AS identity, NULL::integer AS checksum, 'applied' AS outcome
  FROM awa_migrations.changes c
 WHERE c.project = 'awa_infra' AND c.change ~ '^[0-9]{1,9}_'
