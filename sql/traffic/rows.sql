-- About how many ready and done rows each queue-storage schema has, which every run of its installer scans.
SELECT e.schema, sum(e.rows)::bigint AS rows, bool_or(e.by_size) AS by_size
  FROM (
{estimated}
       ) AS e
 WHERE e.what = 'rows'
 GROUP BY e.schema
