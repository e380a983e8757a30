\ir ../awa_infra/verified.sql
