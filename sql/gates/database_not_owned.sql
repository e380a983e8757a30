-- gate: database-not-owned
-- per: roles
-- when: pending
-- of: login
SELECT 'database-not-owned' AS code,
       format('Role %I may not grant %s on database %I to %I, because the database belongs to %I.', current_user,
              string_agg(p.privilege, ', '), current_database(), w.name,
              pg_catalog.pg_get_userbyid(d.datdba)) AS message,
       format('As %I: GRANT %s ON DATABASE %I TO %I;', pg_catalog.pg_get_userbyid(d.datdba),
              string_agg(p.privilege, ', '), current_database(), w.name) AS hint
  FROM json_to_recordset({roles}) AS w (duty text, name text)
 CROSS JOIN (VALUES ('CONNECT'), ('CREATE')) AS p (privilege)
  JOIN pg_catalog.pg_database d ON d.datname = current_database()
  LEFT JOIN pg_catalog.pg_roles r ON r.rolname = w.name
 WHERE (p.privilege = 'CONNECT' OR w.duty = 'owner')
   -- Who may only make itself a member of the database's owner cannot grant: PostgreSQL would just warn.
   AND NOT pg_has_role(d.datdba, 'USAGE')
   AND NOT CASE WHEN r.oid IS NULL
                -- PUBLIC may connect by default; a new role has that much.
                THEN p.privilege = 'CONNECT' AND (d.datacl IS NULL OR EXISTS (
                         SELECT FROM aclexplode(d.datacl) AS a WHERE a.grantee = 0 AND a.privilege_type = 'CONNECT'))
                ELSE has_database_privilege(r.oid, d.oid, p.privilege) END
 GROUP BY d.datdba, w.name
