-- needs: awa_migrations.alembic_version
-- Alembic remembers the last revision only; this bundle's are awa_ and a number.
SELECT substr(a.version_num, 5)::integer::text AS identity, NULL::integer AS checksum, 'baseline' AS outcome
  FROM awa_migrations.alembic_version a
 WHERE a.version_num ~ '^awa_[0-9]+$'
