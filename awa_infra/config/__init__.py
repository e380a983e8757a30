"""Stack configuration: Pulumi's own ``Pulumi.<stack>.yaml``, namespace ``awa``, to checked values.

One model validates what comes from a file and what the Pulumi engine hands to a program. Every problem is
reported at once, with its key and, for a file, its line.
"""

from awa_infra.config.model import NAMESPACE, Encrypted, QueueStorageEntry, StackConfig
from awa_infra.config.problems import Problem, problems_error, queue_storage_entry, queue_storage_problems, validate
from awa_infra.config.source import load, parse

__all__ = [
    "NAMESPACE",
    "Encrypted",
    "Problem",
    "QueueStorageEntry",
    "StackConfig",
    "load",
    "parse",
    "problems_error",
    "queue_storage_entry",
    "queue_storage_problems",
    "validate",
]
