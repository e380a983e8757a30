-- Tells people what a database is.
COMMENT ON DATABASE {name} IS {comment}
