-- Describes a database for people who find it.
COMMENT ON DATABASE {name} IS {comment}
