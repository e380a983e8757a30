"""The component ``AwaStack``: everything that a ``Pulumi.<stack>.yaml`` declares in namespace ``awa``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, cast

import pulumi
from pulumi.runtime import config as runtime_config
from pulumi.runtime.config import is_config_secret

from awa_infra import config as stack_config
from awa_infra.errors import ConfigurationError
from awa_infra.lifecycle.stack import ACTIVATION, DATABASE, QUEUE_STORAGE, ROLES, SCHEMA, stack_objects
from awa_infra.lifecycle.wording import in_lines
from awa_infra.resources.activation import StorageActivation
from awa_infra.resources.database import AwaDatabase
from awa_infra.resources.queue_storage_schema import QueueStorageSchema
from awa_infra.resources.roles import AwaRoles
from awa_infra.resources.schema import AwaSchema
from awa_infra.spec.problems import Problem
from awa_infra.spec.rules import LOGINS
from awa_infra.spec.stack import NAMESPACE, PREFIX, SECRETS, StackConfig

_KINDS: Mapping[str, Callable[..., Any]] = {
    DATABASE: AwaDatabase,
    ROLES: AwaRoles,
    SCHEMA: AwaSchema,
    QUEUE_STORAGE: QueueStorageSchema,
    ACTIVATION: StorageActivation,
}


class AwaStack(pulumi.ComponentResource):
    """Everything that a stack declares: database, roles, canonical schema, custom schemas, activation.

    Each is there only if it is declared, the canonical schema always. With roles everything is made as the
    owner.

    Attributes:
        database: the database resource, or ``None`` if the URL names an existing one.
        roles: the roles, or ``None``.
        schema: the canonical schema.
        queue_storage: the custom schemas, by name.
        activation: the activation, or ``None``.
        database_url: connection string of the database; a secret.
    """

    database: AwaDatabase | None
    roles: AwaRoles | None
    schema: AwaSchema
    queue_storage: dict[str, QueueStorageSchema]
    activation: StorageActivation | None
    database_url: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        config: StackConfig,
        *,
        database_url: pulumi.Input[str],
        passwords: Mapping[str, pulumi.Input[str]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the resources.

        Args:
            resource_name: name of the component, and prefix of the names in it.
            config: what is declared; its own secrets are not read.
            database_url: connection string; with ``config.database`` that of any database of the server.
            passwords: of ``migrator``, ``runtime`` and ``observer``, those that are to be set.
            opts: Pulumi's options; they reach every resource in the component.

        Raises:
            pulumi.RunError: a password is for a role that is not declared.
        """
        _refuse_passwords(config, passwords or {})
        super().__init__("awa:index:AwaStack", resource_name, None, opts)
        self.database_url = pulumi.Output.secret(database_url)
        secrets = {f"{duty}_password": password for duty, password in (passwords or {}).items()}
        made: dict[str, Any] = {}
        for item in stack_objects(config):
            url: dict[str, pulumi.Input[str]] = {"database_url": self.database_url}
            if item.kind == DATABASE:
                url = {"server_url": self.database_url}
            after = pulumi.ResourceOptions(parent=self, depends_on=[made[name] for name in item.after])
            made[item.name] = _KINDS[item.kind](
                f"{resource_name}-{item.name}",
                **url,
                **item.inputs,
                **(secrets if item.kind == ROLES else {}),
                opts=after,
            )
            if item.kind == DATABASE:
                self.database_url = made[DATABASE].url
        self.database = cast("AwaDatabase | None", made.get(DATABASE))
        self.roles = cast("AwaRoles | None", made.get(ROLES))
        self.schema = cast("AwaSchema", made[SCHEMA])
        self.queue_storage = {
            name: cast("QueueStorageSchema", made[f"{QUEUE_STORAGE}-{name}"]) for name in config.schemas()
        }
        self.activation = cast("StorageActivation | None", made.get(ACTIVATION))
        self.register_outputs({"schema_version": self.schema.schema_version, "release": self.schema.release})

    @classmethod
    def from_config(
        cls,
        resource_name: str = "awa",
        opts: pulumi.ResourceOptions | None = None,
        *,
        database_url: pulumi.Input[str] | None = None,
        passwords: Mapping[str, pulumi.Input[str]] | None = None,
    ) -> AwaStack:
        """Declare what the stack's own configuration says, and export what people look for.

        The connection string is the secret ``awa:databaseUrl``, else the environment's ``DATABASE_URL``.

        Args:
            resource_name: name of the component, and prefix of the names in it.
            opts: Pulumi's options.
            database_url: comes before both, for a server that the same program makes.
            passwords: come before those of the configuration: of ``migrator``, ``runtime`` and ``observer``.

        Raises:
            pulumi.RunError: the configuration is wrong; every problem is in the message.
        """
        try:
            config, url = _declared(database_url)
        except ConfigurationError as exc:
            # Pulumi prints a RunError as one line; anything else becomes a traceback.
            raise pulumi.RunError(exc.report()) from exc
        _warn_of_clear_secrets()
        stack = cls(resource_name, config, database_url=url, passwords=_passwords() | {**(passwords or {})}, opts=opts)
        pulumi.export("schema_version", stack.schema.schema_version)
        pulumi.export("release", stack.schema.release)
        pulumi.export("patches", stack.schema.patches)
        pulumi.export("queue_storage_schemas", list(stack.queue_storage))
        return stack


def _declared(given: pulumi.Input[str] | None) -> tuple[StackConfig, pulumi.Input[str]]:
    """Return what the stack's configuration declares, and the connection string.

    Args:
        given: the connection string, if the program has one.

    Raises:
        ConfigurationError: the configuration is wrong, or there is no connection string.
    """
    config, problems = stack_config.validate(_values())
    url = given
    if url is None:
        url = pulumi.Config(NAMESPACE).get_secret("databaseUrl") or os.environ.get("DATABASE_URL")
    if problems or config is None:
        nowhere = Problem(f"{NAMESPACE}:databaseUrl", "is missing, and DATABASE_URL is not set")
        found = [*problems, nowhere] if url is None or url == "" else problems
        raise stack_config.problems_error(found, f"Pulumi.{pulumi.get_stack()}.yaml")
    if url is None or url == "":
        raise ConfigurationError(
            "There is no database URL.",
            hint="Set DATABASE_URL, or keep it in the stack as a secret: "
            "printenv DATABASE_URL | pulumi config set --secret awa:databaseUrl",
        )
    return config, url


def _refuse_passwords(config: StackConfig, given: Mapping[str, pulumi.Input[str]]) -> None:
    """Refuse passwords that would be set for nobody."""
    declared = {duty for duty in LOGINS if config.roles is not None and getattr(config.roles, duty)}
    for duty in sorted(given.keys() - declared):
        refused = ConfigurationError(
            f"A password is given for {duty}, and no such role is declared.",
            hint=f"Declare {NAMESPACE}:roles with {duty}, or leave the password out."
            if duty in LOGINS
            else f"Passwords are of {', '.join(LOGINS)}.",
        )
        raise pulumi.RunError(refused.report())


def _values() -> dict[str, Any]:
    """Return the keys of the namespace as the engine hands them over, unknown ones included."""
    given = runtime_config.get_config_env() | runtime_config.CONFIG.get()
    config = pulumi.Config(NAMESPACE)
    found = {}
    for key in (str(k).removeprefix(PREFIX) for k in given if str(k).startswith(PREFIX)):
        value = config.get(key) or ""
        # Secrets are checked where they are used; their text stays out of here.
        found[key] = "given" if key in SECRETS and value else value
    return stack_config.decode(found)


def _warn_of_clear_secrets() -> None:
    """Warn of passwords that the engine does not hand over as secrets: the file has them in clear."""
    config = pulumi.Config(NAMESPACE)
    clear = {key: config.get(key) for key in SECRETS if not is_config_secret(config.full_key(key))}
    given = {key: value for key, value in clear.items() if value}
    warning = stack_config.clear_warning(given, f"Pulumi.{pulumi.get_stack()}.yaml")
    if warning:
        pulumi.log.warn(in_lines(warning))


def _passwords() -> dict[str, pulumi.Input[str]]:
    config = pulumi.Config(NAMESPACE)
    found = {duty: config.get_secret(f"{duty}Password") for duty in LOGINS}
    return {duty: secret for duty, secret in found.items() if secret is not None}
