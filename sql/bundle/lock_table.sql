-- Every relation that a transaction touches takes a place in the server's lock table until it ends. Existing
-- objects are not touched, so only missing ones count. Idle servers have some more room than this, busy ones less.
SELECT {code} AS code,
       format('Installing %s locks about %s objects in one transaction; this server''s lock table is sized for %s.',
              w.what, w.objects, s.per_transaction * s.sessions) AS message,
       format('Raise max_locks_per_transaction to %s or more and restart the server, or declare fewer slots.',
              ceil(w.objects::numeric / s.sessions)) AS hint
  FROM (SELECT string_agg(i.what, ' and ' ORDER BY i.place) AS what, sum(i.objects) AS objects
          FROM json_to_recordset({installations}) AS i (place int, what text, schema text, relation text, objects int)
         WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                            WHERE n.nspname = i.schema AND c.relname = i.relation)
         GROUP BY CASE WHEN {together} THEN 0 ELSE i.place END) w
 CROSS JOIN (SELECT current_setting('max_locks_per_transaction')::int AS per_transaction,
                    current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int
                      AS sessions) s
 WHERE w.objects > s.per_transaction * s.sessions
