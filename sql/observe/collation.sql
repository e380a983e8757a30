-- With which version of its collation this database was made or last refreshed, where the server's library has another one
-- now: PostgreSQL 15 and newer record it. Collations C and POSIX have no version. Everything is named with its schema: this
-- runs under the settings of others, search_path among them.
SELECT d.datcollversion AS recorded, pg_catalog.pg_database_collation_actual_version(d.oid) AS actual
  FROM pg_catalog.pg_database d
 WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
   AND d.datcollversion OPERATOR(pg_catalog.<>) pg_catalog.pg_database_collation_actual_version(d.oid)
