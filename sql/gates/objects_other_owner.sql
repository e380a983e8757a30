-- gate: objects-other-owner
-- when: structure
-- What the owner of a schema could neither replace nor alter, and what this session cannot hand over: PostgreSQL would
-- refuse in the middle of a migration.
SELECT 'objects-other-owner' AS code,
       format('In schema %I, %s to %I, not to %I: %s%s.', s.schema,
              CASE count(*) WHEN 1 THEN '1 object belongs' ELSE format('%s objects belong', count(*)) END,
              s.belongs, s.owner,
              array_to_string((array_agg(s.name ORDER BY s.name))[:3], ', '),
              CASE WHEN count(*) > 3 THEN ' and more' ELSE '' END) AS message,
       CASE
           -- Who may create roles may make itself a member: before 16 of all, since then of those that it made.
           WHEN s.granting
               THEN format('Become a member of %I: GRANT %I TO %I%s; then awa-infra apply as %I hands them over; '
                           'awa-infra verify --schema %I lists the statements.',
                           s.belongs, s.belongs, current_user,
                           CASE WHEN current_setting('server_version_num')::int < 160000 THEN ''
                                ELSE ' WITH INHERIT TRUE' END,
                           current_user, s.schema)
           ELSE format('Run awa-infra apply as %I or as a superuser, which hands them over; awa-infra verify --schema %I '
                       'lists the statements.', s.belongs, s.schema)
       END AS hint
  FROM (
    SELECT t.*, NOT pg_has_role(t.belongs, 'USAGE')
                AND NOT (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = t.belongs)
                AND (pg_has_role(t.belongs, 'MEMBER WITH ADMIN OPTION')
                     OR current_setting('server_version_num')::int < 160000
                        AND (SELECT r.rolcreaterole FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)) AS granting
      FROM (
{strangers}
           ) AS t
       ) AS s
 WHERE NOT (s.movable AND {hands_over})
 GROUP BY s.schema, s.belongs, s.owner, s.granting
