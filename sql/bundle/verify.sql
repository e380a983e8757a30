-- Run after the bundle, by any role that can read schema awa: psql -X -q -f verify.sql
-- Every row should say true in column ok. It reads only, waits at most 10 seconds for a lock, and runs at most a
-- minute in all, whatever the role's own timeouts are.
BEGIN;
{opening}
{facts}
SELECT f.what, f.expected, f.found, f.expected IS NULL OR f.expected = f.found AS ok
  FROM jsonb_to_recordset(current_setting('awa_infra.facts')::jsonb) AS f (what text, expected text, found text);
COMMIT;
