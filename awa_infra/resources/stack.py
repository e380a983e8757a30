"""The component ``AwaStack``: everything that a ``Pulumi.<stack>.yaml`` declares in namespace ``awa``."""

from __future__ import annotations

import os
from typing import Any

import pulumi
from pulumi.runtime import config as runtime_config

from awa_infra import config as stack_config
from awa_infra.config import StackConfig
from awa_infra.errors import ConfigurationError
from awa_infra.resources.database import AwaDatabase
from awa_infra.resources.queue_storage_schema import QueueStorageSchema
from awa_infra.resources.schema import AwaSchema


class AwaStack(pulumi.ComponentResource):
    """The database (if one is to be created), the canonical schema, and every custom queue-storage schema.

    Attributes:
        database: the database resource, or ``None`` if the URL names an existing one.
        schema: the canonical schema.
        queue_storage: the custom schemas, by name.
        database_url: connection string of the database; a secret.
    """

    database: AwaDatabase | None
    schema: AwaSchema
    queue_storage: dict[str, QueueStorageSchema]
    database_url: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        config: StackConfig,
        *,
        database_url: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the resources.

        Args:
            resource_name: name of the component, and prefix of the names in it.
            config: what is declared; its own ``databaseUrl`` is not read.
            database_url: connection string; with ``config.database`` that of any database of the server.
            opts: Pulumi's options; they reach every resource in the component.
        """
        super().__init__("awa:index:AwaStack", resource_name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.database = None
        self.database_url = pulumi.Output.secret(database_url)
        if config.database is not None:
            self.database = AwaDatabase(
                f"{resource_name}-database", server_url=database_url, name=config.database.name, opts=child
            )
            self.database_url = self.database.url
        self.schema = AwaSchema(f"{resource_name}-schema", database_url=self.database_url, opts=child)
        after_schema = pulumi.ResourceOptions(parent=self, depends_on=[self.schema])
        self.queue_storage = {
            wanted.schema: QueueStorageSchema(
                f"{resource_name}-queue-storage-{wanted.schema}",
                database_url=self.database_url,
                schema=wanted.schema,
                queue_slots=wanted.shape.queue_slots,
                lease_slots=wanted.shape.lease_slots,
                claim_slots=wanted.shape.claim_slots,
                receipts=wanted.shape.receipts,
                opts=after_schema,
            )
            for wanted in config.queue_storage()
        }
        self.register_outputs({"schema_version": self.schema.schema_version, "release": self.schema.release})

    @classmethod
    def from_config(cls, resource_name: str = "awa", opts: pulumi.ResourceOptions | None = None) -> AwaStack:
        """Declare what the stack's own configuration says, and export what people look for.

        The connection string is the secret ``awa:databaseUrl``, else the environment's ``DATABASE_URL``.

        Args:
            resource_name: name of the component, and prefix of the names in it.
            opts: Pulumi's options.

        Raises:
            pulumi.RunError: the configuration is wrong; every problem is in the message.
        """
        values = _values()
        try:
            config, problems = stack_config.validate(values)
            if problems or config is None:
                source = f"Pulumi.{pulumi.get_stack()}.yaml"
                raise stack_config.problems_error(problems, source)
            url = _database_url()
        except ConfigurationError as exc:
            # Pulumi prints a RunError as one line; anything else becomes a traceback.
            raise pulumi.RunError(str(exc)) from exc
        stack = cls(resource_name, config, database_url=url, opts=opts)
        pulumi.export("schema_version", stack.schema.schema_version)
        pulumi.export("release", stack.schema.release)
        pulumi.export("patches", stack.schema.patches)
        pulumi.export("queue_storage_schemas", list(stack.queue_storage))
        return stack


def _values() -> dict[str, Any]:
    """Return the keys of the namespace as the engine hands them over, unknown ones included."""
    prefix = f"{stack_config.NAMESPACE}:"
    given = runtime_config.get_config_env() | runtime_config.CONFIG.get()
    config = pulumi.Config(stack_config.NAMESPACE)
    values: dict[str, Any] = {}
    for key in (str(k).removeprefix(prefix) for k in given if str(k).startswith(prefix)):
        if key == "databaseUrl":
            values[key] = "given"  # checked where it is used; its text stays out of here
        elif key == "queueStorageSchemas":
            values[key] = config.get_object(key)
        else:
            values[key] = config.get(key)
    return values


def _database_url() -> pulumi.Input[str]:
    secret = pulumi.Config(stack_config.NAMESPACE).get_secret("databaseUrl")
    if secret is not None:
        return secret
    url = os.environ.get("DATABASE_URL")
    if url:
        return url
    raise ConfigurationError(
        "There is no database URL.",
        hint="Set DATABASE_URL, or keep it in the stack as a secret: "
        "printenv DATABASE_URL | pulumi config set --secret awa:databaseUrl",
    )
