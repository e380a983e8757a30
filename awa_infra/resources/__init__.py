"""Pulumi resources: thin adapters over the same functions that the command line uses.

The import paths of the provider classes in here are part of the format of Pulumi states: they are final.
"""

from awa_infra.resources.activation import StorageActivation
from awa_infra.resources.database import AwaDatabase
from awa_infra.resources.queue_storage_schema import QueueStorageSchema
from awa_infra.resources.roles import AwaRoles
from awa_infra.resources.schema import AwaSchema
from awa_infra.resources.stack import AwaStack

__all__ = ["AwaDatabase", "AwaRoles", "AwaSchema", "AwaStack", "QueueStorageSchema", "StorageActivation"]
