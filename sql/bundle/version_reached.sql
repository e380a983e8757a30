SELECT count(*) FROM awa.schema_version WHERE version >= {version}
