"""``pulumi-resource-awa``: the declared objects for programs in every language that Pulumi supports.

Another thin adapter over :mod:`awa_infra.lifecycle`, beside the dynamic resources of Python programs.
"""
