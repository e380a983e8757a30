-- Creates a database for tests by copying files: twice as fast as by WAL where nothing has to reach the disk.
-- The limit is the mark by which a later run knows it: it is there from the first moment on.
CREATE DATABASE {name} TEMPLATE {template} CONNECTION LIMIT {limit} STRATEGY FILE_COPY
