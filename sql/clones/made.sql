-- Databases with the name of those that awa-infra makes for tests: whether each has their mark, and whether the current
-- role may drop it, as its owner, as a member of the owner, or as a superuser. From the minor releases of August 2023 on
-- DROP DATABASE first sets the limit to -2; if it is interrupted then, nothing but another DROP is possible.
SELECT d.datname::text AS name,
       d.datconnlimit IN ({limit}, -2) AS marked,
       d.datconnlimit = -2 AS dropping,
       pg_catalog.pg_has_role(d.datdba, 'USAGE') AS owned
  FROM pg_catalog.pg_database d
 WHERE d.datname ~ {pattern}
 ORDER BY d.oid
