-- gate: objects-other-owner
-- per: roles
-- when: pending
-- In the declared schemas: what the declared owner could neither grant on nor replace, often the sequences of a lane
-- that a runtime made. In others: queue storage that Awa's migrations would skip without a word.
SELECT 'objects-other-owner' AS code,
       CASE WHEN x.declared
            THEN format('In schema %I, %s objects belong to %I, not to the declared owner %I: %s%s.', x.schema, x.objects,
                        x.belongs, x.owner, x.some, CASE WHEN x.objects > 3 THEN ' and more' ELSE '' END)
            ELSE format('Queue-storage schema %I belongs to %I, and the declared owner %I could not migrate it.',
                        x.schema, x.belongs, x.owner) END AS message,
       CASE WHEN x.declared
            THEN format('awa-infra verify --schema %s lists the statements that hand them over.', x.schema)
            ELSE format('Declare it among the queue-storage schemas of the roles and hand it over, or: GRANT %I TO %I;',
                        x.belongs, x.owner) END AS hint
  FROM (SELECT true AS declared, n.nspname AS schema, r.rolname AS owner,
               pg_catalog.pg_get_userbyid(thing.owner) AS belongs, count(*) AS objects,
               array_to_string((array_agg(thing.name ORDER BY thing.name))[:3], ', ') AS some
          FROM json_to_recordset({schemas}) AS s (name text, lanes boolean)
          JOIN pg_catalog.pg_namespace n ON n.nspname = s.name
          JOIN json_to_recordset({roles}) AS o (duty text, name text) ON o.duty = 'owner'
          JOIN pg_catalog.pg_roles r ON r.rolname = o.name AND r.oid = n.nspowner
         CROSS JOIN LATERAL (
                SELECT c.relname::text AS name, c.relowner AS owner
                  FROM pg_catalog.pg_class c
                 WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
                 UNION ALL
                SELECT p.oid::regprocedure::text, p.proowner
                  FROM pg_catalog.pg_proc p
                 WHERE p.pronamespace = n.oid) AS thing
         WHERE NOT pg_has_role(r.oid, thing.owner, 'USAGE')
         GROUP BY n.nspname, r.rolname, thing.owner
        UNION ALL
        SELECT DISTINCT false, n.nspname, r.rolname, pg_catalog.pg_get_userbyid(n.nspowner), 0, ''
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
          JOIN json_to_recordset({roles}) AS o (duty text, name text) ON o.duty = 'owner'
          JOIN pg_catalog.pg_roles r ON r.rolname = o.name
         WHERE p.proname = 'claim_ready_runtime'
           AND n.nspname NOT IN (SELECT s.name FROM json_to_recordset({schemas}) AS s (name text, lanes boolean))
           AND NOT pg_has_role(r.oid, n.nspowner, 'USAGE')) x
