-- Has the owner of schema awa own what this transaction makes.
-- Never touches jobs, other schemas, or which storage is active.
-- From here on the owner of schema awa owns every new object, whichever login runs this. Otherwise each member of the
-- owner would own the objects that it made, and the next migration would fail on those of another member.
DO $awa_infra$
DECLARE
    owner CONSTANT text := (SELECT pg_catalog.pg_get_userbyid(n.nspowner)
                              FROM pg_catalog.pg_namespace n
                             WHERE n.nspname = 'awa');
    -- From PostgreSQL 16 on a member may be one without the right to become the role.
    means CONSTANT text := CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END;
    own   record;
BEGIN
    IF owner IS NULL OR owner = current_user OR NOT pg_has_role(owner, means)
       OR NOT pg_has_role(session_user, owner, means) THEN
        RETURN;
    END IF;
    -- The tool records in its own tables what was run, in the same transaction.
    FOR own IN
        SELECT 'SCHEMA' AS word, quote_ident(n.nspname) AS name
          FROM pg_catalog.pg_namespace n
         WHERE n.nspname = 'awa_migrations' AND pg_has_role(n.nspowner, 'USAGE')
           AND NOT (has_schema_privilege(owner, n.oid, 'USAGE') AND has_schema_privilege(owner, n.oid, 'CREATE'))
        UNION ALL
        SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, format('%I.%I', n.nspname, c.relname)
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'awa_migrations' AND c.relkind IN ('r', 'S') AND pg_has_role(c.relowner, 'USAGE')
           AND NOT CASE c.relkind WHEN 'S' THEN has_sequence_privilege(owner, c.oid, 'USAGE')
                                  ELSE has_table_privilege(owner, c.oid, 'TRUNCATE') END
    LOOP
        EXECUTE format('GRANT ALL ON %s %s TO %I', own.word, own.name, owner);
    END LOOP;
    PERFORM set_config('role', owner, true);
END
$awa_infra$;

-- Awa's installer of queue storage stays with its owner. When a migration made it, default privileges let other roles
-- execute it; Awa revokes that from PUBLIC only.
DO $awa_infra$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT DISTINCT format('REVOKE ALL ON ROUTINE awa.%I(%s) FROM %I', p.proname,
                               pg_catalog.pg_get_function_identity_arguments(p.oid), r.rolname)
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
         CROSS JOIN LATERAL aclexplode(p.proacl) AS given
          JOIN pg_catalog.pg_default_acl d
            ON d.defaclrole = p.proowner AND d.defaclnamespace = n.oid AND d.defaclobjtype = 'f'
         CROSS JOIN LATERAL aclexplode(d.defaclacl) AS always
          JOIN pg_catalog.pg_roles r ON r.oid = given.grantee
         WHERE n.nspname = 'awa' AND p.proname = ANY ('{install_queue_storage_substrate}'::text[])
           AND given.grantee = always.grantee AND given.grantee <> p.proowner
           AND pg_has_role(p.proowner, 'USAGE')
    LOOP
        EXECUTE statement;
    END LOOP;
END
$awa_infra$;
