-- What decides whether CREATE DATABASE succeeds, for one name, owner, template and encoding; one row. An owner or an
-- encoding that is not given is empty.
SELECT EXISTS (SELECT FROM pg_catalog.pg_database d WHERE d.datname = {name}) AS found,
       -- For questions about other names that follow at once; where there are very many, each is looked for.
       coalesce((SELECT json_agg(d.datname) FROM pg_catalog.pg_database d HAVING count(*) <= 1000), '[]') AS databases,
       me.rolname::text AS role,
       me.rolsuper OR me.rolcreatedb AS may_create,
       o.oid IS NOT NULL AS owner_found,
       coalesce(
         -- From PostgreSQL 16 on a member may be one without the right to become the role.
         pg_has_role(o.oid, CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END),
         false) AS may_give,
       t.oid IS NOT NULL AS template_found,
       coalesce(t.datistemplate OR pg_has_role(t.datdba, 'USAGE'), false) AS may_copy,
       -- Those from 35 on are for clients alone (src/include/mb/pg_wchar.h); the numbers never change.
       pg_char_to_encoding({encoding}) BETWEEN 0 AND 34 AS encoding_found,
       -- Only template0 has nothing in it that an encoding could be wrong for.
       t.oid IS NULL OR t.datname = 'template0' OR t.encoding = pg_char_to_encoding({encoding}) AS encoding_fits,
       coalesce(pg_encoding_to_char(t.encoding)::text, '') AS template_encoding
  FROM pg_catalog.pg_roles me
  LEFT JOIN pg_catalog.pg_roles o ON o.rolname = {owner}
  LEFT JOIN pg_catalog.pg_database t ON t.datname = {template}
 WHERE me.rolname = current_user
