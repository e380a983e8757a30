"""Developer tooling: the outside programs that the demo and the tests need.

Nothing here is shipped in the wheel. Every module can be run from a checkout
as ``python -m devtools.<module>`` and finds, installs or builds one program,
so that a bare machine with Python (and no Docker) is enough.
"""
