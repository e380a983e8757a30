SELECT pg_catalog.set_config('idle_session_timeout', '0', false)
 WHERE pg_catalog.current_setting('idle_session_timeout', true) OPERATOR(pg_catalog.<>) '0'
