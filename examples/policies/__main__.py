"""Policies for stacks with Awa, alike for the resources of Python programs and for those of the plugin."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Secret,
    StackValidationArgs,
    StackValidationPolicy,
)

SCHEMA = {"awa:index:Schema", "pulumi-python:dynamic/awa:AwaSchema"}
QUEUE_STORAGE_SCHEMA = {"awa:index:QueueStorageSchema", "pulumi-python:dynamic/awa:QueueStorageSchema"}
ROLES = {"awa:index:Roles", "pulumi-python:dynamic/awa:AwaRoles"}

CONNECTION_WITH_PASSWORD = re.compile(
    r"postgres(ql)?://([^/@\s]*:[^/@\s]+@|\S*[?&]password=[^&\s])|\bpassword\s*=\s*\S"
)
"""A connection string of libpq that contains a password, as a URL or as key=value pairs."""


def schema_is_protected(args: ResourceValidationArgs, report: ReportViolation) -> None:
    """Report an `AwaSchema` or `awa.Schema` that a change of the program could remove from the stack."""
    if args.resource_type in SCHEMA and not args.opts.protect:
        report("Set the option protect of this resource: without it, a change of the program can remove it.")


def nothing_is_force_dropped(args: ResourceValidationArgs, report: ReportViolation) -> None:
    """Report `force_drop` in a stack of production."""
    dropped = args.props.get("forceDrop") or args.props.get("force_drop")  # of the plugin, of a Python program
    if args.resource_type in QUEUE_STORAGE_SCHEMA and dropped and is_production(args):
        report("Take force_drop (forceDrop) out: it drops unfinished, failed and dead jobs.")


def is_production(args: ResourceValidationArgs) -> bool:
    """Tell whether the name of the stack matches a pattern of the policy's configuration."""
    stack = args.urn.removeprefix("urn:pulumi:").split("::")[0]
    return any(fnmatchcase(stack, pattern) for pattern in args.get_config().get("productionStacks", ()))


def roles_are_separate(args: StackValidationArgs, report: ReportViolation) -> None:
    """Report a stack in which workers would have to connect as the owner of the schema, or as the deploying role."""
    schemas = [resource for resource in args.resources if resource.resource_type in SCHEMA]
    roles = [resource for resource in args.resources if resource.resource_type in ROLES]
    for resource in roles:
        if not resource.props.get("runtime"):
            report("Declare the role runtime: workers that connect as the owner could drop the schema.", resource.urn)
    for resource in schemas:
        if not roles:
            report("Declare roles (AwaRoles, awa.Roles): workers would have no role of their own.", resource.urn)
        elif not resource.props.get("role"):
            report("Set role to the owner: otherwise the deploying role owns what a migration makes.", resource.urn)


def connections_are_secrets(args: ResourceValidationArgs) -> Mapping[str, Any] | None:
    """Make secrets of the connection strings among the inputs of a resource; return `None` if they all are.

    It is a remediation because a validation cannot tell a secret from another value.
    """
    inputs = args.props["__target"]  # without the wrapper that shows secrets as what they hide
    in_clear = [
        name for name, value in inputs.items() if isinstance(value, str) and CONNECTION_WITH_PASSWORD.search(value)
    ]
    return {**inputs, **{name: Secret(inputs[name]) for name in in_clear}} if in_clear else None


PolicyPack(
    name="awa",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[
        ResourceValidationPolicy(
            name="schema-is-protected",
            description="Schema awa, which holds every job, is protected against a removal from the stack.",
            validate=schema_is_protected,
        ),
        ResourceValidationPolicy(
            name="nothing-is-force-dropped",
            description="In production, a queue-storage schema with jobs in it is never dropped.",
            validate=nothing_is_force_dropped,
            config_schema=PolicyConfigSchema(
                properties={
                    "productionStacks": {
                        "type": "array",
                        "items": {"type": "string"},
                        "default": ["prod*"],
                        "description": "Names of stacks of production; * stands for any characters.",
                    }
                }
            ),
        ),
        StackValidationPolicy(
            name="roles-are-separate",
            description="Workers have a role that owns nothing, and one role owns the schema, whichever role deploys.",
            validate=roles_are_separate,
        ),
        ResourceValidationPolicy(
            name="connections-are-secrets",
            description="No input of any resource is a connection string with a password in clear.",
            enforcement_level=EnforcementLevel.REMEDIATE,
            remediate=connections_are_secrets,
        ),
    ],
)
