-- Creates a database for tests on a server whose own databases have another encoding than Awa needs. Collation C is on
-- every server, with every encoding. The limit is the mark by which a later run knows it.
CREATE DATABASE {name} TEMPLATE template0 CONNECTION LIMIT {limit} ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'
