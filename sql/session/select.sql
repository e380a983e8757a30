SELECT pg_catalog.set_config(s.name, s.value, {local})
  FROM (
{settings}
  ) AS s
