"""A database for development: a PostgreSQL server for one project, with what its stack configuration declares."""
