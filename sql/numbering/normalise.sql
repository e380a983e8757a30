-- Awa before 0.4 numbered its migrations differently. What this does to awa.schema_version is what Awa's own
-- runner does before it migrates such a database: rows from 3 on are deleted, and the versions that the schema has
-- in today's numbering are recorded.
DELETE FROM awa.schema_version WHERE version >= 3;
INSERT INTO awa.schema_version (version, description)
SELECT v.version, v.description
  FROM jsonb_to_recordset({versions}) AS v (version int, description text)
    ON CONFLICT (version) DO NOTHING
