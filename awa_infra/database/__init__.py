"""The only place that talks to PostgreSQL: connect, lock, observe, apply."""
