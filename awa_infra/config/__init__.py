"""Read namespace ``awa`` of a ``Pulumi.<stack>.yaml`` into checked values.

One model validates what comes from a file and what the Pulumi engine hands to a program. Every problem is
reported at once, with its key and, for a file, its line.
"""

from awa_infra.config.problems import decode, in_order, problems_error, validate
from awa_infra.config.project import project_file, project_keys, read_project
from awa_infra.config.schema import json_schema
from awa_infra.config.source import (
    clear_warning,
    environment_warning,
    examine,
    keys_in_clear,
    load,
    load_with_warnings,
    read,
    warnings,
)

__all__ = [
    "clear_warning",
    "decode",
    "environment_warning",
    "examine",
    "in_order",
    "json_schema",
    "keys_in_clear",
    "load",
    "load_with_warnings",
    "problems_error",
    "project_file",
    "project_keys",
    "read",
    "read_project",
    "validate",
    "warnings",
]
