SELECT 'schema awa: patch ' || {patch}, 'applied', CASE WHEN probe.applied THEN 'applied' ELSE 'missing' END
  FROM (
        -- (probe)
       ) AS probe
