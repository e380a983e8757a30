"""The component ``awa:index:Stack``: the resources that a stack configuration declares, registered with the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pulumi
from pulumi.provider import ConstructResult, Provider
from pulumi.provider.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2

from awa_infra import __version__
from awa_infra import config as stack_config
from awa_infra.errors import ConfigurationError
from awa_infra.lifecycle.stack import ACTIVATION, DATABASE, QUEUE_STORAGE, ROLES, SCHEMA, stack_objects
from awa_infra.plugin import functions
from awa_infra.plugin.kinds import KINDS, STACK
from awa_infra.plugin.wire import decode_plain
from awa_infra.spec.base import UNKNOWN, Props, camel
from awa_infra.spec.problems import Problem
from awa_infra.spec.rules import PASSWORDS
from awa_infra.spec.stack import NAMESPACE, SECRETS, StackConfig

URL = "databaseUrl"

_TOKENS: Mapping[str, str] = {
    DATABASE: "awa:index:Database",
    ROLES: "awa:index:Roles",
    SCHEMA: "awa:index:Schema",
    QUEUE_STORAGE: "awa:index:QueueStorageSchema",
    ACTIVATION: "awa:index:StorageActivation",
}


def construct(
    engine: str, request: provider_pb2.ConstructRequest, configuration: Props
) -> provider_pb2.ConstructResponse:
    """Register the resources of a component; return once all of them are known to the engine.

    Raises:
        ConfigurationError: there is no such component, or its inputs are wrong; every problem is in the message.
    """
    if request.type != STACK:
        raise ConfigurationError(f"The package awa has no component {request.type}.", hint=f"It has {STACK}.")
    given = decode_plain(request.inputs)
    problems = _secret_problems(given, connected=configuration.get("database_url") is not None)
    config = _config(f"Stack {request.name}", given, problems)
    servicer = ProviderServicer(_Components(config), [], engine)
    # One event loop for each component: the SDK keeps its settings by context, and so by thread.
    return asyncio.run(servicer.Construct(request, None))


class _Components(Provider):
    def __init__(self, config: StackConfig) -> None:
        super().__init__(__version__)
        self._config = config

    def construct(
        self, name: str, resource_type: str, inputs: pulumi.Inputs, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """Register the component and what is in it."""
        stack = _Stack(resource_type, name, self._config, inputs, options)
        return ConstructResult(stack.urn, stack.found)


class _Stack(pulumi.ComponentResource):
    def __init__(
        self,
        type_: str,
        name: str,
        config: StackConfig,
        inputs: pulumi.Inputs,
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        super().__init__(type_, name, None, opts)
        url = inputs.get("databaseUrl")
        secrets = {f"{role}Password": inputs[key] for key, role in PASSWORDS.items() if key in inputs}
        made: dict[str, _Child] = {}
        for item in stack_objects(config):
            connection = {"serverUrl" if item.kind == DATABASE else "databaseUrl": url}
            # What the provider is configured with counts where the component says nothing.
            said = {
                camel(key): value
                for key, value in item.inputs.items()
                if key not in _WAITS or getattr(config, key) is not None
            }
            made[item.name] = _Child(
                _TOKENS[item.kind],
                f"{name}-{item.name}",
                connection | said | (secrets if item.kind == ROLES else {}),
                pulumi.ResourceOptions(
                    parent=self, depends_on=[made[before] for before in item.after], version=__version__
                ),
            )
            if item.kind == DATABASE:
                url = made[DATABASE].output("url")
        schema = made[SCHEMA]
        self.found = {
            "schemaVersion": schema.output("schemaVersion"),
            "release": schema.output("release"),
            "patches": schema.output("patches"),
            "queueStorageSchemas": list(config.schemas()),
            **({} if url is None else {"databaseUrl": pulumi.Output.secret(url)}),
        }
        self.register_outputs(self.found)


class _Child(pulumi.CustomResource):
    def __init__(self, type_: str, name: str, given: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        kind = KINDS[type_]
        # The SDK resolves only declared dependencies.
        expected = dict.fromkeys(camel(field.name) for field in kind.fields)
        secret = [camel(field.name) for field in kind.fields if field.secret]
        also = pulumi.ResourceOptions(additional_secret_outputs=secret)
        super().__init__(type_, name, {**expected, **given}, pulumi.ResourceOptions.merge(opts, also))

    def output(self, name: str) -> pulumi.Output[Any]:
        found: pulumi.Output[Any] = self.__dict__[name]
        return found


_WAITS = ("lock_timeout", "lock_wait")


def _secret_problems(given: Mapping[str, Any], *, connected: bool) -> list[Problem]:
    """Return what is wrong with the connection and the passwords, without a word of them; what is unknown is right.

    The resources in the component check the same, but each for itself, and only after everything else.
    """
    found = []
    for key in sorted(SECRETS & given.keys()):
        value = given[key]
        if value == "":
            found.append(Problem(key, "must not be empty"))
        elif value is not None and value is not UNKNOWN and not isinstance(value, str):
            found.append(Problem(key, "must be text"))
    if given.get(URL) is None and not connected:
        found.append(Problem(URL, f"{functions.NOWHERE}. {functions.say_where(URL, 'component')}".removesuffix(".")))
    return found


def _config(source: str, given: Mapping[str, Any], others: Sequence[Problem]) -> StackConfig:
    values = {key: "given" if key in SECRETS else value for key, value in given.items() if value is not None}
    unknown = sorted(key for key, value in values.items() if value is UNKNOWN)
    if unknown:
        raise ConfigurationError(
            f"{source}: {', '.join(unknown)} must be known in a preview already.",
            hint="It decides which resources there are. Only databaseUrl and passwords may come from other resources.",
        )
    config, problems = stack_config.validate(values, in_yaml=False)
    # Here the keys are inputs, without a namespace.
    named = [*others, *(replace(p, key=p.key.removeprefix(f"{NAMESPACE}:")) for p in problems)]
    if named or config is None:
        raise stack_config.problems_error(named, source)
    return config
