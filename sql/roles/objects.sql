-- What is in schema {schema} already, as far as it belongs to the owner. EXECUTE and USAGE are granted one by one:
-- PUBLIC has them by default, unless that default was revoked. Awa's installer stays with the owner.
DO $awa_infra$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT CASE c.relkind WHEN 'S' THEN format('GRANT %s ON SEQUENCE %I.%I TO %I', {sequences}, {schema}, c.relname, {role})
                              ELSE format('GRANT %s ON TABLE %I.%I TO %I', {tables}, {schema}, c.relname, {role}) END
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = {schema} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
           AND pg_has_role(c.relowner, 'USAGE')
        UNION ALL
        SELECT format('GRANT EXECUTE ON ROUTINE %I.%I(%s) TO %I', {schema}, p.proname,
                      pg_catalog.pg_get_function_identity_arguments(p.oid), {role})
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = {schema} AND p.proname <> ALL ({private}::text[])
           AND pg_has_role(p.proowner, 'USAGE')
        UNION ALL
        SELECT format('GRANT USAGE ON TYPE %I.%I TO %I', {schema}, t.typname, {role})
          FROM pg_catalog.pg_type t
          JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
         WHERE n.nspname = {schema} AND t.typtype IN ('e', 'd', 'r')
           AND pg_has_role(t.typowner, 'USAGE')
    LOOP
        EXECUTE statement;
    END LOOP;
END
$awa_infra$;
