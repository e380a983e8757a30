"""Prepare a database: the installed release, and what a stack configuration declares."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

from awa_infra import config as stack_config
from awa_infra.database.activation import activate
from awa_infra.database.apply import apply
from awa_infra.database.roles import apply_roles
from awa_infra.database.target import connection_string_of
from awa_infra.lifecycle.desired import desired_state
from awa_infra.model import DesiredState, ObservedState, Policy
from awa_infra.planning.planner import make_plan
from awa_infra.spec.rules import LOGINS
from awa_infra.spec.stack import StackConfig

POLICY = Policy(allow_pooler=True, allow_many_locks=True)
"""Nothing else uses a new database: a pooler does no harm there, and where a small server has too few locks it says so,
and what was made is dropped. Most have more of them than they promise."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database is to hold.

    Attributes:
        desired: the release, custom queue-storage schemas, lanes, roles.
        activation: activate queue storage in this schema; ``None`` activates nothing.
        config: the stack configuration behind it, if there is one.
    """

    desired: DesiredState
    activation: str | None
    config: StackConfig | None

    def text(self) -> str:
        """Return everything that decides what such a database holds: the SQL of every step, and what is declared."""
        steps = [[step.key, step.sql] for step in make_plan(self.desired, ObservedState()).steps]
        wanted = self.desired
        declared = repr((wanted.target_version, wanted.queue_storage, wanted.roles, wanted.guarded, self.activation))
        return json.dumps([wanted.release.name, declared, steps])

    def extends(self, other: Contents) -> bool:
        """Whether a copy of the other becomes this by additions alone."""
        mine, theirs = self.desired, other.desired
        return mine.roles is None and mine.target_version == theirs.target_version

    def passwords(self) -> dict[str, str]:
        """Return the passwords that the configuration holds in clear, by role."""
        if self.config is None or self.config.roles is None:
            return {}
        given = {duty: getattr(self.config, f"{duty}_password") for duty in LOGINS}
        roles = self.config.roles.model_dump()
        return {roles[duty]: text for duty, text in given.items() if isinstance(text, str)}


def contents(config: str | PathLike[str] | None = None, activation: str | None = None) -> Contents:
    """Return what a stack configuration declares for a database, whatever its name; without one the release alone.

    Args:
        config: path of a ``Pulumi.<stack>.yaml``. Its database, URL and encrypted passwords are ignored.
        activation: activate queue storage in this schema. Default: what the configuration declares, else nothing.

    Raises:
        ConfigurationError: the configuration is wrong; every problem is listed.
        BlockedError: another release is installed than it expects.
        ReleaseError: the installed ``awa-pg`` cannot be used.
    """
    found = stack_config.load(Path(config)) if config is not None else None
    desired = replace(desired_state(found, policy=POLICY), database=None)
    return Contents(desired, activation or (found.activation if found else None), found)


def make_ready(url: str, wanted: Contents) -> None:
    """Bring a database to what it is to hold; doing it again changes nothing.

    Raises:
        AwaInfraError: as for :func:`awa_infra.database.apply.apply`.
    """
    passwords = wanted.passwords()
    if passwords:
        apply_roles(url, replace(wanted.desired, target_version=None, queue_storage=(), guarded=()), passwords)
    apply(url, wanted.desired)
    if wanted.activation is not None:
        roles = wanted.desired.roles
        activate(url, wanted.activation, role=roles.owner if roles else None)


def load(
    *,
    host: str,
    port: int | str,
    user: str,
    dbname: str,
    password: str | None = None,
    config: str | PathLike[str] | None = None,
    activation: str | None = None,
    **_more: object,
) -> None:
    """Make a database ready for Awa; for ``load=[awa_infra.testing.load]`` of pytest-postgresql.

    pytest-postgresql calls it with keywords; ``functools.partial(load, config=...)`` adds more. Without `activation`
    queue storage is not activated, unless the configuration declares it.

    Args:
        host: of the server; a folder with its socket is fine.
        port: of the server.
        user: role that owns the database.
        dbname: an existing database.
        password: of the role, if it needs one.
        config: path of a ``Pulumi.<stack>.yaml``; what it declares is applied.
        activation: activate queue storage in this schema.
        _more: what other versions of pytest-postgresql pass, such as ``autocommit``; ignored.

    Raises:
        AwaInfraError: as for :func:`awa_infra.database.apply.apply`.
    """
    given = {"host": host, "port": port, "user": user, "dbname": dbname, "password": password}
    make_ready(connection_string_of(given), contents(config, activation))
