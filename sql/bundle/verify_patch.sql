SELECT {what}, 'applied', CASE WHEN probe.applied THEN 'applied' ELSE 'missing' END
  FROM (
{probe}
       ) AS probe
