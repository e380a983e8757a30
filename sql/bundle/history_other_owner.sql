-- A tool writes its history in the rights of whoever runs it, and so runs the triggers of a table that another role owns.
SELECT 'history-other-owner' AS code,
       format('In database %I, role %I owns %s. Whoever runs this bundle would run the triggers that it puts there.',
              current_database(), r.rolname, string_agg(o.thing, ', ' ORDER BY o.place, o.thing)) AS message,
       format('Ask who made it. If it is nobody''s history, let an administrator remove it; if it is that of this bundle, '
              'run this as that role, or let an administrator give it to the role that migrates: '
              'ALTER SCHEMA %I OWNER TO %I; and the same for its tables.',
              {history_schema}, current_user) AS hint
  FROM (SELECT 1 AS place, format('schema %I', n.nspname) AS thing, n.nspowner AS owner
          FROM pg_catalog.pg_namespace n
         WHERE n.nspname = {history_schema}
         UNION ALL
        SELECT 2, format('%I.%I', n.nspname, c.relname), c.relowner
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = {history_schema} AND c.relkind IN ('r', 'p', 'v', 'f')) AS o
  JOIN pg_catalog.pg_roles r ON r.oid = o.owner
 -- Trusted: administrators, whoever can act as the owner of the database or of schema awa, and the roles of this login.
 WHERE NOT r.rolsuper
   AND NOT r.rolcreaterole
   AND r.rolname NOT IN (current_user, session_user)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_database d
                    WHERE d.datname = current_database() AND pg_catalog.pg_has_role(r.oid, d.datdba, 'MEMBER'))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace a
                    WHERE a.nspname = 'awa' AND pg_catalog.pg_has_role(r.oid, a.nspowner, 'MEMBER'))
   -- A superuser counts as a member of every role.
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles s
                    WHERE s.rolname = session_user AND NOT s.rolsuper AND pg_catalog.pg_has_role(s.oid, r.oid, 'MEMBER'))
 GROUP BY r.rolname
