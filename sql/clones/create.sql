-- Creates a database for tests, empty or a copy of a template.
-- The connection limit is the mark by which a later run recognises it: it is set from the start.
CREATE DATABASE {name} TEMPLATE {template} CONNECTION LIMIT {limit}
