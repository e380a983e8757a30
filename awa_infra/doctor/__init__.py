"""Everything that a run needs, asked link by link: this machine, the network, the server, the schema. Writes nothing.

It has no opinion of its own about a database: what objects there are the gates of a plan and the findings of a
verification.
"""
