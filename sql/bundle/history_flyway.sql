-- needs: awa_migrations.flyway_schema_history
-- What Flyway remembers. A repeatable file has a row for each time that it ran; the last one counts.
SELECT coalesce(h.version, regexp_replace(h.script, '^.*/', '')) AS identity, h.checksum,
       CASE WHEN NOT h.success THEN 'failed' WHEN h.type = 'BASELINE' THEN 'baseline' ELSE 'applied' END AS outcome
  FROM awa_migrations.flyway_schema_history h
 WHERE h.type IN ('SQL', 'BASELINE')
 ORDER BY h.installed_rank
