"""A database for development: a PostgreSQL server of the project's own, with what its stack configuration declares."""
