-- gate: owner-not-acting
-- per: roles
-- for: bundle
-- The engine acts as the owner by itself; a tool's session has to start as the owner.
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
