-- A bundle that starts after a version cannot be the first one.
SELECT 'start-not-reached' AS code,
       format('Database %I has no schema awa yet, and this bundle starts after version %s.',
              current_database(), {from_version}) AS message,
       format('Run the bundle that ends with version %s or later first.', {from_version}) AS hint
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'awa' AND c.relname = 'schema_version')
