-- About how many jobs are in the tables that schema awa had before queue storage.
SELECT coalesce(sum(e.rows), 0)::bigint AS jobs, coalesce(bool_or(e.by_size), false) AS by_size
  FROM (
{estimated}
       ) AS e
 WHERE e.what = 'jobs'
