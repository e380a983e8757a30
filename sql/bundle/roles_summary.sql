-- The result: every declared role, and the role that ran this. Reads only.
SELECT r.rolname AS role, w.duty,
       CASE WHEN r.rolcanlogin THEN 'yes' ELSE 'no' END AS "logs in",
       CASE WHEN acts THEN {owner} ELSE '' END AS "may act as",
       CASE WHEN acts AND w.duty = 'ran this' THEN format('REVOKE %I FROM %I;', {owner}, r.rolname) ELSE '' END
         AS "to end that"
  FROM json_to_recordset({duties}) AS w (duty text, name text)
  JOIN pg_catalog.pg_roles r ON r.rolname = coalesce(w.name, session_user)
 -- From PostgreSQL 16 on a member may be one without the right to act as the role. A superuser always has the right.
 CROSS JOIN LATERAL (SELECT r.rolname <> {owner} AND NOT r.rolsuper
                            AND pg_has_role(r.oid, {owner}, CASE WHEN current_setting('server_version_num')::int < 160000
                                                                 THEN 'MEMBER' ELSE 'SET' END) AS acts) AS a
 ORDER BY w.duty = 'ran this', r.rolname
