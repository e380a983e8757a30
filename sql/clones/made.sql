-- Databases with the name of those that awa-infra makes for tests, and whether each has their mark.
SELECT d.datname::text AS name,
       d.datconnlimit = {limit} AS marked
  FROM pg_catalog.pg_database d
 WHERE d.datname ~ {pattern}
 ORDER BY d.oid
