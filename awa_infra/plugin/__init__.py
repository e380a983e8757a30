"""``pulumi-resource-awa``: the same declared objects for programs in every language that Pulumi has.

Another thin adapter over :mod:`awa_infra.lifecycle`, beside the dynamic resources of Python programs.
"""
