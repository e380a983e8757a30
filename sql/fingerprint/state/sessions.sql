-- Settings of this database, or of a role that works in schema awa, with which sessions start and Awa fails, as a load of data
-- leaves them. Where some role has a setting of its own, that of the database is somebody's plan, and no finding.
SELECT s.schema, 'setting' AS part, concat_ws(' ', e.whose, e.name) AS object,
       json_build_object('message', format('sessions of %s start with %s = %s: %s', e.whose, e.name, e.value, e.effect),
                         'statements', array_remove(ARRAY[
                             -- The session that takes it back may have started with it.
                             CASE e.name WHEN 'default_transaction_read_only' THEN 'SET default_transaction_read_only = off;' END,
                             format('ALTER %s RESET %s;', e.target, e.name)], NULL))::text AS definition
  FROM spaces s
  JOIN pg_catalog.pg_db_role_setting d ON s.schema = 'awa' AND d.setdatabase IN (0, (SELECT b.oid FROM pg_catalog.pg_database b
                                                                                    WHERE b.datname = current_database()))
  LEFT JOIN holders h ON h.oid = d.setrole AND h.schema = s.schema
 CROSS JOIN LATERAL unnest(d.setconfig) AS c (setting)
 CROSS JOIN LATERAL (
        SELECT split_part(c.setting, '=', 1) AS name, split_part(c.setting, '=', 2) AS value,
               CASE WHEN c.setting ~* '^session_replication_role=replica$' THEN 'no trigger of Awa fires'
                    WHEN c.setting ~* '^default_transaction_read_only=(on|t|tr|tru|true|y|ye|yes|1)$' THEN 'no job can be added'
               END AS effect,
               CASE WHEN h.oid IS NULL THEN 'database ' || current_database() ELSE 'role ' || h.rolname END AS whose,
               CASE WHEN h.oid IS NULL THEN format('DATABASE %I', current_database())
                    WHEN d.setdatabase = 0 THEN format('ROLE %I', h.rolname)
                    ELSE format('ROLE %I IN DATABASE %I', h.rolname, current_database()) END AS target) e
 WHERE e.effect IS NOT NULL
   AND (h.oid IS NOT NULL
        OR d.setrole = 0 AND d.setdatabase <> 0
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_db_role_setting o
                            CROSS JOIN LATERAL unnest(o.setconfig) AS x (setting)
                            WHERE o.setrole <> 0 AND o.setdatabase IN (0, d.setdatabase)
                              AND split_part(x.setting, '=', 1) = e.name))
