-- gate: server-too-old
-- when: pending
-- Awa needs PostgreSQL 14 for its multirange columns.
SELECT 'server-too-old' AS code,
       format('PostgreSQL %s is too old for Awa.', current_setting('server_version')) AS message,
       'Use PostgreSQL 14 or newer.' AS hint
 WHERE current_setting('server_version_num')::int < 140000
