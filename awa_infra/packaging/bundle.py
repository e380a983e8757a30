"""From what is desired to the files of a bundle. No clock and no network: same input, same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from awa_infra.errors import ConfigurationError
from awa_infra.model import DesiredState, ObservedState
from awa_infra.packaging.contents import ADMINISTRATORS, Contents, Format
from awa_infra.packaging.flyway import FLYWAY
from awa_infra.packaging.liquibase import LIQUIBASE
from awa_infra.packaging.manifest import CHECKSUMS, MANIFEST, checksums, manifest
from awa_infra.packaging.psql import PSQL
from awa_infra.packaging.readme import readme
from awa_infra.packaging.roles import roles_script
from awa_infra.packaging.verify import verify
from awa_infra.planning.planner import make_plan

FORMATS: Mapping[str, Format] = MappingProxyType({form.name: form for form in (FLYWAY, LIQUIBASE, PSQL)})
"""Every format by the name that the command line takes."""


def render(fmt: str, desired: DesiredState) -> dict[str, bytes]:
    """Return every file of a bundle by its path, for a database that starts empty.

    The texts are those of the plan's steps, byte for byte, so a bundle cannot differ from an apply.

    Args:
        fmt: a key of :data:`FORMATS`.
        desired: what the database is to hold after the bundle has run.

    Raises:
        ConfigurationError: there is no such format, or this cannot be reached from an empty database.
    """
    form = FORMATS.get(fmt)
    if form is None:
        raise ConfigurationError(f"There is no bundle format {fmt!r}.", hint=f"Use one of: {', '.join(FORMATS)}.")
    contents = contents_of(desired)
    paths = form.paths(contents)
    files = {paths[step.key]: step.sql.encode() for step in contents.plan.steps if step.kind not in ADMINISTRATORS}
    files.update(form.files(contents))
    files.update(roles_script(contents))
    files["verify.sql"] = verify(contents).encode()
    files["README.md"] = readme(form, contents, paths).encode()
    files[MANIFEST] = manifest(form.name, contents, paths)
    files[CHECKSUMS] = checksums(files)
    return files


def contents_of(desired: DesiredState) -> Contents:
    """Plan from an empty database.

    Raises:
        ConfigurationError: see :func:`render`.
    """
    if not desired.target_version:
        raise ConfigurationError(
            "A bundle starts at an empty database, so it must bring schema awa; the configuration leaves it out.",
            hint="Give schema awa a version to migrate to.",
        )
    plan = make_plan(desired, ObservedState())
    if plan.blocked:
        raise ConfigurationError(
            " ".join(gate.message for gate in plan.gates), hint=" ".join(gate.hint for gate in plan.gates if gate.hint)
        )
    return Contents(desired, plan)
