-- gate: owner-not-acting
-- per: roles
-- for: bundle
-- What is made must belong to the declared owner: the session starts as the owner, or it may act as the owner of schema
-- awa, which the bundle then does by itself.
SELECT 'owner-not-acting' AS code,
       format('This session works as %I, but what it makes in database %I is to belong to %I.',
              current_user, current_database(), w.name) AS message,
       CASE WHEN m.name IS NULL
            THEN format('As an administrator: ALTER ROLE %I IN DATABASE %I SET role = %L; then connect anew.',
                        session_user, current_database(), w.name)
            ELSE format('Run roles.sql of this bundle as an administrator, then connect as %I.', m.name)
       END AS hint
  FROM json_to_recordset({roles}) AS w (duty text, name text)
  LEFT JOIN json_to_recordset({roles}) AS m (duty text, name text) ON m.duty = 'migrator'
 WHERE w.duty = 'owner' AND w.name <> current_user
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n
                     JOIN pg_catalog.pg_roles o ON o.oid = n.nspowner
                    CROSS JOIN (SELECT CASE WHEN current_setting('server_version_num')::int < 160000
                                            THEN 'MEMBER' ELSE 'SET' END AS option) may
                    WHERE n.nspname = 'awa' AND o.rolname = w.name
                      AND pg_has_role(o.oid, may.option) AND pg_has_role(session_user, o.oid, may.option))
