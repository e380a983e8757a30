-- gate: roles-not-creatable
-- per: roles
-- when: pending
-- of: login
SELECT 'roles-not-creatable' AS code,
       format('Role %I may not create roles, and %s missing on this server.', current_user,
              string_agg(quote_ident(d.name), ', ') || CASE count(*) WHEN 1 THEN ' is' ELSE ' are' END) AS message,
       format('Connect as a role with CREATEROLE, or let an administrator create %s first.',
              CASE count(*) WHEN 1 THEN 'it' ELSE 'them' END) AS hint
  FROM json_to_recordset({roles}) AS d (duty text, name text)
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = d.name)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles me
                    WHERE me.rolname = current_user AND (me.rolsuper OR me.rolcreaterole))
HAVING count(*) > 0
