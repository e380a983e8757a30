-- What decides how a database is copied here: version, and whether the disk has to keep what is written.
SELECT pg_catalog.current_setting('server_version_num')::int AS version,
       pg_catalog.current_setting('fsync') = 'on' AS keeps,
       current_user::text AS login
