-- gate: history-unreadable
-- A role that may not read the versions of the schema does not know its version. That is no lost history: the table
-- is there.
SELECT 'history-unreadable' AS code,
       format('Role %I may not read table awa.schema_version in database %I: it lacks %s.', current_user,
              current_database(),
              concat_ws(' and ',
                        CASE WHEN NOT has_schema_privilege(n.oid, 'USAGE') THEN 'USAGE on schema awa' END,
                        CASE WHEN NOT has_table_privilege(c.oid, 'SELECT') THEN 'SELECT on the table' END)) AS message,
       CASE WHEN pg_has_role(c.relowner, 'MEMBER')
            THEN format('Act as the owner %1$I, of which it is a member: --role %1$I here, SET ROLE elsewhere. Or let it '
                        'inherit what the owner may: %2$s',
                        pg_catalog.pg_get_userbyid(c.relowner),
                        CASE WHEN current_setting('server_version_num')::int < 160000
                             THEN format('ALTER ROLE %I INHERIT;', current_user)
                             ELSE format('GRANT %I TO %I WITH INHERIT TRUE;', pg_catalog.pg_get_userbyid(c.relowner),
                                         current_user) END)
            ELSE format('To migrate, connect as the owner %I. To read only, let that role run GRANT USAGE ON SCHEMA awa TO %I; GRANT SELECT ON awa.schema_version TO %I;',
                        pg_catalog.pg_get_userbyid(c.relowner), current_user, current_user)
       END AS hint
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'awa' AND c.relname = 'schema_version' AND c.relkind IN ('r', 'p', 'v')
   AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))
