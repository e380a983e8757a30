-- gate: language-missing
-- when: pending
-- for: engine
-- Awa has functions in both. A bundle cannot check this: its own scripts need the language.
SELECT 'language-missing' AS code,
       CASE WHEN l.oid IS NULL
            THEN format('Database %I does not have language %s, in which functions of Awa are written.',
                        current_database(), needed.name)
            ELSE format('Role %I may not use language %s of database %I, in which functions of Awa are written.',
                        current_user, needed.name, current_database()) END AS message,
       CASE WHEN l.oid IS NULL THEN format('As a superuser: CREATE EXTENSION %I;', needed.name)
            WHEN l.lanpltrusted THEN format('As its owner: GRANT USAGE ON LANGUAGE %I TO %I;', needed.name, current_user)
            ELSE format('Only a superuser may use it, because it was made untrusted. As a superuser: DROP EXTENSION %1$I; '
                        'CREATE EXTENSION %1$I;', needed.name) END AS hint
  FROM (VALUES ('plpgsql'), ('sql')) AS needed (name)
  LEFT JOIN pg_catalog.pg_language l ON l.lanname = needed.name
 WHERE l.oid IS NULL
    OR NOT CASE WHEN l.lanpltrusted THEN has_language_privilege(l.oid, 'USAGE')
                ELSE (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) END
