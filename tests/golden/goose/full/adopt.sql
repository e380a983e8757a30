[all of shared/both/awa_infra/lock.sql]

-- Tells goose what is there already, by Awa's own table of versions; run after "goose ... version", which makes goose's
-- table. Whatever belongs to a version that is not there, or to none, is left to goose.
INSERT INTO awa_migrations.goose_db_version (version_id, is_applied)
SELECT f.number::bigint, true
  FROM json_array_elements_text('[1000, 2000, 3000, 4000, 5000, 6000, 7000, 9000, 10000, 11000, 12000, 13000, 14000, 15000, 16000, 17000, 18000, 19000, 20000, 21000, 22000, 23000, 24000, 25000, 26000, 27000, 28000, 29000, 30000, 31000, 32000, 33000, 34000, 35000, 36000, 37000, 38000, 39000, 40000, 40001, 40002, 40003, 40004, 40005]') AS f (number)
 WHERE f.number::bigint <= 1000 * (SELECT max(version) FROM awa.schema_version)
   AND NOT EXISTS (SELECT FROM awa_migrations.goose_db_version g
                    WHERE g.version_id = f.number::bigint AND g.is_applied)
 ORDER BY f.number::bigint;
