"""The life of a declared object: check, diff, create, update, read, delete.

Nothing in here knows Pulumi. The dynamic resources and the plugin are thin adapters over these classes, so
that an input, a default or a refusal is written down once.
"""
