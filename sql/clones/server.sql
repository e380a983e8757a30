-- What decides how a database is copied here: version, whether the disk has to keep what is written, and the encoding of
-- a new database; and which process answers.
SELECT pg_catalog.current_setting('server_version_num')::int AS version,
       pg_catalog.current_setting('fsync') = 'on' AS keeps,
       current_user::text AS login,
       (SELECT pg_catalog.pg_encoding_to_char(d.encoding)::text FROM pg_catalog.pg_database d
         WHERE d.datname = 'template0') AS encoding,
       pg_catalog.pg_backend_pid() AS pid
