-- Until the end of the transaction: a login that inherits nothing of the owner of schema awa, but may act as it, cannot
-- read the schema otherwise.
SELECT set_config('role', pg_catalog.pg_get_userbyid(n.nspowner)::text, true)
  FROM pg_catalog.pg_namespace n
 CROSS JOIN (SELECT CASE WHEN current_setting('server_version_num')::int < 160000
                         THEN 'MEMBER' ELSE 'SET' END AS option) may
 WHERE n.nspname = 'awa'
   AND NOT pg_has_role(n.nspowner, 'USAGE')
   AND pg_has_role(n.nspowner, may.option)
   AND pg_has_role(session_user, n.nspowner, may.option)
