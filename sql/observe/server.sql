-- Facts about this server, this database and this session; from catalogs alone, one row.
SELECT current_setting('server_version') AS version,
       pg_catalog.pg_is_in_recovery() AS standby,
       session_user::text AS login,
       current_user::text AS role,
       ARRAY(SELECT word
               FROM pg_catalog.pg_roles r
              CROSS JOIN LATERAL (VALUES ('superuser', r.rolsuper), ('CREATEROLE', r.rolcreaterole),
                                         ('CREATEDB', r.rolcreatedb)) AS w (word, has)
              WHERE r.rolname = current_user AND w.has) AS attributes,
       current_database()::text AS database,
       pg_catalog.pg_size_pretty(pg_catalog.pg_database_size(current_database())) AS size,
       (SELECT count(*)::int FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend') AS sessions,
       current_setting('max_connections')::int AS allowed,
       -- Of the settings that others chose for this database or this role; awa-infra sets its own meanwhile.
       ARRAY(SELECT s.name || ' = ' || s.setting || coalesce(' ' || s.unit, '')
               FROM pg_catalog.pg_settings s
              WHERE s.source IN ('database', 'user', 'database user')
              ORDER BY s.name) AS settings
