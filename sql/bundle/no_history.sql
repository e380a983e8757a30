-- The tool's table does not exist yet.
SELECT
 WHERE to_regclass({table}) IS NOT NULL
