-- Conditions that must hold before anything runs. This only reads. Everything that objects is collected and
-- reported at once, as one error, so that the tool stops before its first file.
DO $awa_infra$
DECLARE
    problems text[] := ARRAY[]::text[];
    problem  record;
    -- The tables that this role can read. A condition about a table that is not there does not apply; its
    -- query is then never planned, because PL/pgSQL plans a statement when it first runs it.
    readable CONSTANT text[] := ARRAY(
        SELECT n.nspname || '.' || c.relname
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p')
           AND n.nspname || '.' || c.relname = ANY (string_to_array({relations}, ' '))
           AND has_schema_privilege(n.oid, 'USAGE')
           AND has_table_privilege(c.oid, 'SELECT'));
BEGIN
    -- (conditions)

    IF cardinality(problems) > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('Stopped by a condition of this bundle in database %I:', current_database())
                      || E'\n' || array_to_string(problems, E'\n'),
            HINT = {outcome} || ' README.md of the bundle says what each code in brackets means.';
    END IF;
END
$awa_infra$;
