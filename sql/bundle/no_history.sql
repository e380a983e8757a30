-- The tool's table is not there yet.
SELECT
 WHERE to_regclass({table}) IS NOT NULL
