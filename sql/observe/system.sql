-- The identifier that a server's data got when they were made; a standby has that of its primary.
SELECT s.system_identifier::text AS system FROM pg_catalog.pg_control_system() s
