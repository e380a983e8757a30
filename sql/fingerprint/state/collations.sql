-- Whether the library of this server sorts text otherwise than the one with which the indexes of this database were built, as
-- after a move to another operating system: PostgreSQL 15 and newer record the version of a collation. C and POSIX have none.
-- It is said once, of schema awa where that is looked at. Version 14 has neither the column nor the function, and only ts_stat
-- runs a query that is made meanwhile without a procedural language; its words are the texts.
SELECT s.schema, 'collation' AS part, 'database ' || d.name AS object,
       json_build_object('message', format('database %s was made with version %s of its collation, and the library of the '
                                           'server has %s: indexes of texts may miss rows', d.name, v.recorded, v.actual),
                         'statements', ARRAY[format('REINDEX DATABASE %I;', d.name),
                                             format('ALTER DATABASE %I REFRESH COLLATION VERSION;', d.name)])::text AS definition
  FROM (SELECT s.schema FROM spaces s ORDER BY s.schema <> 'awa', s.schema LIMIT 1) s
 CROSS JOIN (SELECT current_database()::text AS name) d
 CROSS JOIN LATERAL ts_stat(CASE WHEN current_setting('server_version_num')::int < 150000
                                 THEN 'SELECT array_to_tsvector(ARRAY[]::text[])'
                                 ELSE 'SELECT array_to_tsvector(ARRAY[json_build_array(d.datcollversion, '
                                      'pg_catalog.pg_database_collation_actual_version(d.oid))::text]) '
                                      'FROM pg_catalog.pg_database d WHERE d.datname = current_database() '
                                      'AND d.datcollversion <> pg_catalog.pg_database_collation_actual_version(d.oid)'
                                 END) AS w
 CROSS JOIN LATERAL (SELECT w.word::json ->> 0 AS recorded, w.word::json ->> 1 AS actual) v
