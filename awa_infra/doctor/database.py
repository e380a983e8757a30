"""Check the server and the schema: login, settings, every gate of a plan, every finding of a verification."""

from __future__ import annotations

from functools import partial

from awa_infra.database.fingerprint import verify
from awa_infra.database.observe import read_plan
from awa_infra.database.server import Server, read_server
from awa_infra.database.target import Target
from awa_infra.doctor.checks import Area, Check, Outcome, failed, not_reached
from awa_infra.doctor.network import network_checks
from awa_infra.errors import AwaInfraError
from awa_infra.model import DesiredState, Plan
from awa_infra.planning.pure_gates import UNKNOWN_RELEASE
from awa_infra.verification.drift import Examination
from awa_infra.wording import counted

_of_server = partial(Check, Area.SERVER)
_of_schema = partial(Check, Area.SCHEMA)

_ALMOST_ALL = 0.9
"""Share of the server's sessions in use above which a deployment may get none."""


def database_checks(url: str, desired: DesiredState | None, *, role: str | None = None) -> list[Check]:
    """Return every check of the network, the server and the schema; writes nothing.

    Desired is ``None`` where the release or the configuration cannot be used. No secret of the URL is in any message.
    """
    try:
        target = Target.of(url)
        places = target.hosts()
    except AwaInfraError as error:
        return [*failed(Area.NETWORK, "database URL", error), *not_reached(Area.SERVER, Area.SCHEMA)]
    found = [Check(Area.NETWORK, "database URL", Outcome.OK, target.describe()), *network_checks(places)]
    try:
        server = read_server(url, role=role)
    except AwaInfraError as error:
        return [*found, *failed(Area.SERVER, "login", error), *not_reached(Area.SCHEMA)]
    found += _server(server)
    found += [_of_server("runtime", Outcome.OK, text) for text in server.runtimes]
    return [*found, *(not_reached(Area.SCHEMA) if desired is None else _schema(url, desired, role))]


def _schema(url: str, desired: DesiredState, role: str | None) -> list[Check]:
    try:
        state, plan = read_plan(url, desired, role=role)
    except AwaInfraError as error:
        return failed(Area.SCHEMA, "plan", error)
    found = _plan(plan, desired)
    if not state.versions:
        missing, hint = "nothing to compare: there is no schema awa yet", "Run awa-infra verify after the migration."
        return [*found, _of_schema("objects", Outcome.NOTE, missing, hint)]
    if plan.from_version < plan.to_version:
        later = "not compared: the schema is at an earlier version; run awa-infra verify after the migration"
        return [*found, _of_schema("objects", Outcome.UNKNOWN, later)]
    try:
        _state, examined = verify(url, desired.release, role=role)
    except AwaInfraError as error:
        # A gate can block a verification, too.
        return [*found, *failed(Area.SCHEMA, "objects", error, known=found)]
    return [*found, *_findings(examined)]


def _server(server: Server) -> list[Check]:
    who = server.role if server.role == server.login else f"{server.login}, acting as {server.role}"
    may = f" ({', '.join(server.attributes)})" if server.attributes else ""
    found = [
        _of_server("login", Outcome.OK, f"{who}{may}, database {server.database} of {server.size}"),
        _encryption(server),
        _of_server("server", Outcome.OK, f"PostgreSQL {server.version}, {'standby' if server.standby else 'primary'}"),
    ]
    sessions = f"{server.sessions} of {server.allowed} are open"
    if server.sessions > server.allowed * _ALMOST_ALL:
        hint = "End idle ones, which pg_stat_activity lists, or raise max_connections."
        found.append(_of_server("sessions", Outcome.NOTE, sessions, hint))
    else:
        found.append(_of_server("sessions", Outcome.OK, sessions))
    if server.settings:
        settings = f"set for the database or the role, and not used by awa-infra: {'; '.join(server.settings)}"
        found.append(_of_server("settings", Outcome.OK, settings))
    return found


def _encryption(server: Server) -> Check:
    name = "encryption"
    if server.encrypted and server.verified:
        return _of_server(name, Outcome.OK, "TLS, and the server's identity is verified")
    if server.local:
        return _of_server(name, Outcome.OK, f"{'TLS' if server.encrypted else 'none'}; nothing leaves this machine")
    hint = "Add sslmode=verify-full and sslrootcert=system, or the server's own root certificate, to the database URL."
    if server.encrypted:
        return _of_server(name, Outcome.NOTE, "TLS, but the server's identity is not verified", hint)
    return _of_server(name, Outcome.NOTE, "none: passwords and jobs can be read on the network", hint)


def _plan(plan: Plan, desired: DesiredState) -> list[Check]:
    found = [_of_schema("condition", Outcome.PROBLEM, g.message, g.hint, g.code) for g in plan.gates]
    if not found:
        found.append(_of_schema("conditions", Outcome.OK, "nothing blocks a migration"))
    if plan.steps:
        count = counted(len(plan.steps), "step")
        move = f"at version {plan.from_version} of {plan.to_version}"
        hint = "awa-infra plan shows what is pending, awa-infra apply runs it."
        found.append(_of_schema("version", Outcome.NOTE, f"schema awa is {move}; {count} pending", hint))
    elif not plan.blocked:
        release = desired.release
        newest = f"the one of Awa {release.name}"
        held = f"as declared; Awa {release.name} has version {release.schema_version}"
        which = newest if plan.to_version == release.schema_version else held
        message = f"schema awa is at version {plan.to_version}, {which}; nothing is pending"
        found.append(_of_schema("version", Outcome.OK, message))
    notes = [note for note in plan.notes if note.code != UNKNOWN_RELEASE]  # a check of this machine, already
    found += [_of_schema(note.code, Outcome.NOTE, note.message, "", note.code) for note in notes]
    return found


def _findings(found: Examination) -> list[Check]:
    if found.healthy:
        return [_of_schema("objects", Outcome.OK, "all as the release promises")]
    hint = "awa-infra verify lists everything and says what to do."
    wrong = (*found.drift, *found.unknown)
    checks = [
        _of_schema(
            "objects",
            Outcome.PROBLEM if finding.is_drift else Outcome.UNKNOWN,
            finding.message or f"{finding.schema}: {finding.part} {finding.object} is {finding.kind.value}",
            hint,
            finding.code,
        )
        for finding in wrong[:_SHOWN]
    ]
    if len(wrong) > _SHOWN:
        rest = f"{len(wrong) - _SHOWN} more findings"
        checks.append(_of_schema("objects", checks[0].outcome, rest, hint))
    return checks


_SHOWN = 5
"""Findings; the rest is counted."""
