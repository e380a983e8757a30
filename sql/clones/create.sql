-- Creates a database for tests, empty or a copy of a template.
-- The limit is the mark by which a later run knows it: it is there from the first moment on.
CREATE DATABASE {name} TEMPLATE {template} CONNECTION LIMIT {limit}
