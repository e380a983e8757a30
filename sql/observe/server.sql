-- Facts about this server, this database and this session; from catalogs alone, one row. Everything is named with its
-- schema: this runs under the settings of others, search_path among them.
SELECT pg_catalog.current_setting('server_version') AS version,
       pg_catalog.pg_is_in_recovery() AS standby,
       session_user::pg_catalog.text AS login,
       current_user::pg_catalog.text AS role,
       ARRAY(SELECT word
               FROM pg_catalog.pg_roles r
              CROSS JOIN LATERAL (VALUES ('superuser', r.rolsuper), ('CREATEROLE', r.rolcreaterole),
                                         ('CREATEDB', r.rolcreatedb)) AS w (word, has)
              WHERE r.rolname OPERATOR(pg_catalog.=) current_user AND w.has) AS attributes,
       pg_catalog.current_database()::pg_catalog.text AS database,
       pg_catalog.pg_size_pretty(pg_catalog.pg_database_size(pg_catalog.current_database())) AS size,
       (SELECT pg_catalog.count(*)::pg_catalog.int4
          FROM pg_catalog.pg_stat_activity
         WHERE backend_type OPERATOR(pg_catalog.=) 'client backend') AS sessions,
       pg_catalog.current_setting('max_connections')::pg_catalog.int4 AS allowed,
       -- Of the settings that others chose for this database or this role; awa-infra sets its own meanwhile.
       ARRAY(SELECT pg_catalog.concat(s.name, ' = ', s.setting, CASE WHEN s.unit IS NOT NULL THEN ' ' END, s.unit)
               FROM pg_catalog.pg_settings s
              WHERE s.source OPERATOR(pg_catalog.=) ANY (ARRAY['database', 'user', 'database user'])
              ORDER BY s.name) AS settings
