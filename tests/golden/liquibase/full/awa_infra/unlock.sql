-- Gives Awa's migration lock back, and keeps Awa's installer with its owner.
-- Never touches jobs, other schemas, or which storage is active.
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

-- Last of every update: releases the lock that preflight.sql took, for a connection that an application's pool keeps open.
SELECT pg_catalog.pg_advisory_unlock(4708303813013489490);
-- The session holds the advisory lock, no matter which role it acts as.
RESET role;
-- Restores every setting that this changed for the session.
SELECT pg_catalog.set_config(s.key, s.value, false)
  FROM pg_catalog.jsonb_each_text(nullif(pg_catalog.current_setting('awa_infra.session', true), '')::jsonb) AS s;
SELECT pg_catalog.set_config('awa_infra.session', '', false);

