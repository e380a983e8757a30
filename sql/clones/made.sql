-- Databases with the name of those that awa-infra makes for tests: whether each has their mark, and whether the current
-- role may drop it, as its owner, as a member of the owner, or as a superuser.
SELECT d.datname::text AS name,
       d.datconnlimit = {limit} AS marked,
       pg_catalog.pg_has_role(d.datdba, 'USAGE') AS owned
  FROM pg_catalog.pg_database d
 WHERE d.datname ~ {pattern}
 ORDER BY d.oid
