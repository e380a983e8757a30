"""Check everything that a run needs: this machine, the network, the server, the schema. Writes nothing.

It adds no rules about a database: it reports the gates of a plan and the findings of a verification.
"""
