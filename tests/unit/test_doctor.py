from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from awa_infra.doctor import machine, network
from awa_infra.doctor.checks import Area, Check, Outcome, failed, not_reached, worst
from awa_infra.doctor.machine import machine_checks
from awa_infra.doctor.network import network_checks
from awa_infra.errors import BlockedError, ConfigurationError

Program = Callable[[str, str], None]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


@pytest.fixture
def program(programs: Path) -> Program:
    def make(name: str, script: str) -> None:
        path = programs / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    return make


@pytest.fixture
def of_machine(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, tuple[str, str, str]]]:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "elsewhere" / "python"))

    def find(config: Path | None = None, **environment: str) -> dict[str, tuple[str, str, str]]:
        variables = {"PATH": str(programs), "PULUMI_HOME": str(tmp_path / "pulumi"), **environment}
        return {
            check.name: (str(check.outcome), check.message, check.hint) for check in machine_checks(config, variables)
        }

    return find


Find = Callable[..., dict[str, tuple[str, str, str]]]


def test_a_machine_without_pulumi_and_awas_command_is_fine(of_machine: Find) -> None:
    found = of_machine()
    assert list(found) == ["Python", "awa-infra", "awa-pg", "awa-cli", "Pulumi", "passphrase"]
    assert found["awa-cli"][:2] == ("ok", "not installed, and not needed")
    assert found["Pulumi"][0] == "note"
    assert {outcome for outcome, _message, _hint in found.values()} == {"ok", "note"}


def test_a_user_without_a_home_directory_has_only_no_backend(
    of_machine: Find, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("pulumi", "echo v3.200.0")
    monkeypatch.delenv("HOME")
    # An account without an entry, as a container's numeric user has none.
    monkeypatch.setattr(os, "getuid", lambda: 65532)
    assert of_machine(PULUMI_HOME="")["backend"][1] == "not logged in"
    assert of_machine(PULUMI_BACKEND_URL="file://~")["backend"][0] == "problem"


@pytest.mark.parametrize(
    ("script", "outcome", "said"),
    [
        ("echo awa 0.6.9", "ok", "as awa-pg"),
        ("echo awa 0.6.7", "note", "0.6.7 at"),
        ("exit 1", "unknown", "does not print its version"),
        ("echo hello", "unknown", "does not print its version"),
    ],
)
def test_awas_own_command_is_compared_with_the_wheel(
    script: str, outcome: str, said: str, of_machine: Find, program: Program
) -> None:
    program("awa", script)
    found = of_machine()["awa-cli"]
    assert found[0] == outcome
    assert said in found[1]


def test_a_program_that_never_answers_is_not_waited_for(
    of_machine: Find, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "PATIENCE", 0.2)
    program("pulumi", "exec sleep 60")
    assert of_machine()["Pulumi"][0] == "problem"


def test_the_engine_its_languages_and_where_the_state_is(of_machine: Find, program: Program, tmp_path: Path) -> None:
    program("pulumi", "echo v3.255.0")
    found = of_machine()
    assert found["Pulumi"][1].startswith("3.255.0 at ")
    assert found["languages"][0] == "note"
    assert found["backend"][:2] == ("note", "not logged in")
    program("pulumi-language-yaml", "")
    program("pulumi-language-python-exec", "")
    assert of_machine()["languages"][1] == "programs in yaml"
    home = tmp_path / "pulumi"
    home.mkdir()
    (home / "credentials.json").write_text('{"current": "https://me:hush@pulumi.acme.example?token=hush"}')
    assert of_machine()["backend"][:2] == ("ok", "https://pulumi.acme.example (not contacted)")
    (home / "credentials.json").write_text("[]")
    assert of_machine()["backend"][1] == "not logged in"
    assert of_machine(PULUMI_BACKEND_URL=f"file://{tmp_path}")["backend"][0] == "ok"
    assert of_machine(PULUMI_BACKEND_URL=f"file://{tmp_path}?metadata=skip")["backend"][0] == "ok"
    assert of_machine(PULUMI_BACKEND_URL=f"file://{tmp_path}/none")["backend"][0] == "problem"


@pytest.mark.parametrize("printed", ["v2.25.2", "v4.0.0", "hello"])
def test_an_engine_that_up_would_refuse_is_a_problem(printed: str, of_machine: Find, program: Program) -> None:
    program("pulumi", f"echo {printed}")
    assert of_machine()["Pulumi"][0] == "problem"


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("http://[::1", "ok"),
        ("postgres://u:hu/sh@ush@h/d", "ok"),
        ("postgres://u:hu?sh@ush@h/d", "ok"),
        ("s3://bucket?secret=hush@hush", "ok"),
        ("hush", "problem"),
    ],
)
def test_a_backend_whose_url_is_odd_is_shown_without_what_may_be_secret(
    url: str, outcome: str, of_machine: Find, program: Program
) -> None:
    program("pulumi", "echo v3.255.0")
    found = of_machine(PULUMI_BACKEND_URL=url)["backend"]
    assert found[0] == outcome
    assert "sh" not in "".join(found[1:])


def test_a_configuration_that_comes_through_a_pipe_is_not_read_for_its_passphrase(
    of_machine: Find, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert of_machine(tmp_path / "pipe")["passphrase"][0] == "ok"


def test_a_passphrase_is_missed_only_by_a_stack_whose_secrets_have_one(of_machine: Find, tmp_path: Path) -> None:
    config = tmp_path / "Pulumi.dev.yaml"
    config.write_text("config: {}\n", encoding="utf-8")
    assert of_machine(config)["passphrase"][0] == "ok"
    config.write_text("encryptionsalt: v1:x\nconfig: {}\n", encoding="utf-8")
    assert of_machine(config)["passphrase"][0] == "note"
    assert of_machine(config, PULUMI_CONFIG_PASSPHRASE="")["passphrase"][0] == "ok"
    assert of_machine(config, PULUMI_CONFIG_PASSPHRASE_FILE=str(config))["passphrase"][0] == "ok"
    assert of_machine(config, PULUMI_CONFIG_PASSPHRASE_FILE=str(tmp_path / "none"))["passphrase"][0] == "problem"
    assert of_machine(tmp_path / "none.yaml")["passphrase"][0] == "ok"


def test_an_address_that_does_not_answer_is_a_note_where_another_one_of_the_host_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as ear:
        ear.bind(("127.0.0.1", 0))
        ear.listen()
        port = ear.getsockname()[1]
        # Nobody listens on the second address of this machine's own network.
        monkeypatch.setattr(network, "_addresses", lambda *_given: ["127.0.0.2", "127.0.0.1"])
        found = network_checks([("db.example", port)])
    assert [check.outcome for check in found] == [Outcome.OK, Outcome.NOTE, Outcome.OK]
    assert "Another address answers" in found[1].hint


def test_a_host_that_is_down_is_a_note_where_another_one_of_the_url_answers() -> None:
    with socket.socket() as ear:
        ear.bind(("127.0.0.1", 0))
        ear.listen()
        port = ear.getsockname()[1]
        found = network_checks([("127.0.0.2", port), ("no-such-host.invalid", 5432), ("127.0.0.1", port)])
    assert [check.outcome for check in found] == [Outcome.OK, Outcome.NOTE, Outcome.NOTE, Outcome.OK, Outcome.OK]


def test_a_port_where_nobody_listens_and_a_name_that_nobody_knows() -> None:
    with socket.socket() as ear:
        ear.bind(("127.0.0.1", 0))
        port = ear.getsockname()[1]
        closed = network_checks([("127.0.0.1", port)])
        ear.listen()
        listening = network_checks([("127.0.0.1", port)])
    assert [check.outcome for check in closed] == [Outcome.OK, Outcome.PROBLEM]
    assert "connection refused" in closed[1].message
    assert [check.outcome for check in listening] == [Outcome.OK, Outcome.OK]
    [unknown] = network_checks([("no-such-host.invalid", 5432)])
    assert unknown.outcome is Outcome.PROBLEM
    assert unknown.hint
    [odd] = network_checks([("a" * 70 + ".example", 5432)])
    assert odd.outcome is Outcome.PROBLEM


def test_a_name_server_or_a_port_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "PATIENCE", 0.1)
    with socket.socket() as ear:
        # A queue of one that is full: nobody is answered any more.
        ear.bind(("127.0.0.1", 0))
        ear.listen(0)
        address = ear.getsockname()
        with socket.create_connection(address), socket.socket() as second:
            second.settimeout(0)
            second.connect_ex(address)
            silent = network_checks([address])
    assert "no answer within 0.1 s" in silent[-1].message

    def slowly(*_args: object, **_more: object) -> list[object]:
        time.sleep(1)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    [unknown] = network_checks([("slow.example", 5432)])
    assert "no answer from the name servers" in unknown.message


def test_a_socket_that_is_there_and_one_that_is_not() -> None:
    folder = Path("/tmp") / f"awa-infra-doctor-{os.getpid()}"  # noqa: S108  a socket's path has a limit
    folder.mkdir()
    path = folder / ".s.PGSQL.5432"
    try:
        [missing] = network_checks([(str(folder), 5432)])
        assert "there is no socket" in missing.message
        with socket.socket(socket.AF_UNIX) as ear:
            ear.bind(str(path))
            [deaf] = network_checks([(str(folder), 5432)])
            ear.listen()
            [fine] = network_checks([(str(folder), 5432)])
        assert "no server listens" in deaf.message
        assert fine.outcome is Outcome.OK
    finally:
        path.unlink(missing_ok=True)
        folder.rmdir()


def test_every_gate_behind_a_failure_is_a_check_of_its_own() -> None:
    one, other = (
        BlockedError("First.", hint="Do.", gate="pooler"),
        BlockedError("Second.", hint="Do.", gate="downgrade"),
    )
    gates = failed(Area.SCHEMA, "plan", BlockedError("Both.", parts=(one, other)))
    assert [check.code for check in gates] == ["pooler", "downgrade"]
    assert [check.code for check in failed(Area.SCHEMA, "objects", one, known=gates)] == []
    [listed] = failed(Area.MACHINE, "configuration", ConfigurationError("Wrong.", hint="Mend.", details=["a.", "b."]))
    assert listed.message == "Wrong; a; b"


def test_what_a_broken_link_hides_is_said_to_be_unknown() -> None:
    [hidden] = not_reached(Area.SCHEMA)
    assert asdict(hidden) == {
        "area": "schemas",
        "name": "everything",
        "outcome": "unknown",
        "message": "not checked: an earlier check failed",
        "hint": "",
        "code": "",
    }


def test_a_problem_counts_more_than_what_could_not_be_looked_at() -> None:
    def of(*outcomes: Outcome) -> Outcome:
        return worst(Check(Area.SERVER, "x", outcome, "") for outcome in outcomes)

    assert of(Outcome.OK, Outcome.NOTE) is Outcome.OK
    assert of(Outcome.OK, Outcome.UNKNOWN) is Outcome.UNKNOWN
    assert of(Outcome.UNKNOWN, Outcome.PROBLEM) is Outcome.PROBLEM
