-- The contents of this database, from the system catalogs alone: needs no privilege, writes nothing.
-- One row. Relations and schemas are named as text, so that what is missing is simply not in the list; those of the
-- schemas {only} alone, or if there are none, of all.
SELECT current_setting('server_version_num')::int AS server_version,
       current_database()::text AS database,
       -- What identifies this database; with the identifier of the server's data if the role may read it.
       (SELECT d.oid::bigint FROM pg_catalog.pg_database d WHERE d.datname = current_database()) AS oid,
       has_function_privilege(to_regprocedure('pg_catalog.pg_control_system()')::oid, 'EXECUTE') AS may_ask,
       current_user::text AS "user",
       EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'awa') AS schema_exists,
       ARRAY(SELECT n.nspname || '.' || c.relname
               FROM pg_catalog.pg_class c
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE c.relkind IN ('r', 'p', 'v')
                -- All names first: they have an index.
                AND c.relname IN ('schema_version', 'schema_patches', 'storage_transition_state', 'runtime_storage_backends',
                                  'jobs', 'runtime_instances', 'queue_meta',
                                  'queue_ring_state', 'lease_ring_state', 'claim_ring_state',
                                  'queue_ring_slots', 'lease_ring_slots', 'claim_ring_slots',
                                  'queue_claim_heads', 'queue_enqueue_heads')
                AND (n.nspname = 'awa'
                     OR c.relname ~ '_ring_|_heads$'
                        AND (json_array_length({only}::json) = 0
                             OR n.nspname = ANY (ARRAY(SELECT json_array_elements_text({only}::json)::name))))
                AND has_schema_privilege(n.oid, 'USAGE')
                -- A standby has no rows of an unlogged table.
                AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery())
                AND has_table_privilege(c.oid, 'SELECT')) AS readable,
       -- The owner of schema awa, if this session does not act as it but may. From PostgreSQL 16 on a member may be one
       -- without the right to do so.
       (SELECT pg_catalog.pg_get_userbyid(n.nspowner)::text
          FROM pg_catalog.pg_namespace n
         CROSS JOIN (SELECT CASE WHEN current_setting('server_version_num')::int < 160000
                                 THEN 'MEMBER' ELSE 'SET' END AS option) may
         WHERE n.nspname = 'awa'
           AND pg_catalog.pg_get_userbyid(n.nspowner) <> current_user
           AND pg_has_role(n.nspowner, may.option)
           AND pg_has_role(session_user, n.nspowner, may.option)) AS acting_owner,
       EXISTS (SELECT FROM pg_catalog.pg_default_acl d
                 JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
                WHERE n.nspname = 'awa' AND d.defaclobjtype = 'f') AS functions_given,
       -- Two tables that distinguish today's version numbers from those of Awa before 0.4.
       ARRAY(SELECT c.relname::text
               FROM pg_catalog.pg_class c
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = 'awa' AND c.relname IN ('queue_state_counts', 'runtime_instances')) AS numbering
