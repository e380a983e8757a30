"""Create, start and stop one PostgreSQL cluster on disk; `devtools.postgres` says why no library does."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from devtools import postgres_host, postgres_versions
from devtools.postgres_host import account
from devtools.progress import ToolError, note, tail

if TYPE_CHECKING:
    from collections.abc import Mapping

HOST = "127.0.0.1"
SUPERUSER = "postgres"
START_TIMEOUT = 90
PORT_ATTEMPTS = 5
PRIVATE_FILE = 0o600
PORT_TAKEN = re.compile(r"could not bind|[Aa]ddress already in use|could not create any TCP")

StopMode = Literal["smart", "fast", "immediate"]


@dataclass(frozen=True)
class Cluster:
    """What is remembered between starts, in a file only its owner can read."""

    home: Path
    password: str = field(repr=False)
    port: int

    @property
    def pgdata(self) -> Path:
        """The data directory in the sense of PostgreSQL."""
        return self.home / "pgdata"

    @property
    def major(self) -> int:
        """The major version that made the data, which PostgreSQL itself wrote down."""
        return int((self.pgdata / "PG_VERSION").read_text())

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self.home / "postgres.log"

    @classmethod
    def load(cls, home: Path) -> Cluster | None:
        """Return the cluster in `home`, or None if none was made completely."""
        try:
            kept = json.loads((home / "server.json").read_text())
        except FileNotFoundError:
            return None
        cluster = cls(home, str(kept["password"]), int(kept["port"]))
        return cluster if cluster.pgdata.is_dir() else None

    @classmethod
    def create(cls, home: Path, *, sync: bool, major: int) -> Cluster:
        """Run initdb of a major in `home` with a random password."""
        initdb = postgres_versions.binaries(major) / "initdb"
        cluster = cls(home, secrets.token_urlsafe(24), port=0)
        side = home / "pgdata.new"
        for leftover in (side, cluster.pgdata):
            shutil.rmtree(leftover, ignore_errors=True)
        password_file = home / "initial-password"
        password_file.touch(PRIVATE_FILE)
        password_file.write_text(cluster.password)
        account().own(password_file)
        try:
            made = account().run(
                [
                    *(initdb, "-D", side, "-U", SUPERUSER),
                    *("--auth=scram-sha-256", f"--pwfile={password_file}"),
                    *("--encoding=UTF8", "--locale=C"),
                    *(() if sync else ("--no-sync",)),
                ],
                timeout=START_TIMEOUT,
            )
        finally:
            password_file.unlink()
        if made.returncode != 0:
            raise ToolError(f"initdb failed:\n{tail(made.stdout + made.stderr)}")
        with (side / "postgresql.conf").open("a") as configuration:
            configuration.write("\ninclude_if_exists = 'devtools.conf'\n")
        cluster.save()
        side.rename(cluster.pgdata)
        return cluster

    def save(self) -> None:
        """Write what the next start needs, whole or not at all."""
        side = self.home / "server.json.new"
        side.unlink(missing_ok=True)
        handle = os.open(side, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with os.fdopen(handle, "w") as stream:
            json.dump({"password": self.password, "port": self.port}, stream)
        side.rename(self.home / "server.json")

    def check_version(self, major: int) -> None:
        """Refuse data that another major version made, with what to do."""
        reported = account().run([postgres_versions.binaries(major) / "postgres", "--version"]).stdout.strip()
        if self.major != major or f" {major}." not in reported:
            message = (
                f"the data in {self.home} were made by PostgreSQL {self.major}, the one to start "
                f"is {reported}; destroy them to start afresh"
            )
            raise ToolError(message)

    def running(self) -> bool:
        """Tell whether the server runs, ignoring a pid that others use now."""
        status = account().run([_pg_ctl(), "status", "-D", self.pgdata])
        if status.returncode != 0:
            return False
        pid_file = self.pgdata / "postmaster.pid"
        try:
            pid = pid_file.read_text().split(maxsplit=1)[0]
            command = Path("/proc", pid, "cmdline").read_bytes()
        except (OSError, IndexError):
            return True  # no /proc on this system: believe pg_ctl
        if b"postgres" in command:
            return True
        pid_file.unlink(missing_ok=True)  # it would keep the server from starting
        return False

    def launch(self, port: int | None, settings: Mapping[str, str]) -> Cluster:
        """Start the server and return it with the port that it took."""
        wanted = port or self.port or _free_port()
        for _ in range(PORT_ATTEMPTS):
            candidate = replace(self, port=wanted)
            output = candidate.launch_once(settings)
            if output is None:
                candidate.save()
                return candidate
            if not PORT_TAKEN.search(output):
                raise ToolError(f"PostgreSQL did not start; the end of {self.log}:\n{tail(output)}")
            if port is not None:
                break
            wanted = _free_port()
            note(f"postgres: port {candidate.port} is in use, trying {wanted}")
        raise ToolError(f"PostgreSQL did not start: port {wanted} is in use; choose another port")

    def stop(self, mode: StopMode) -> None:
        """Stop the server and wait; nothing happens when it does not run."""
        if not self.running():
            return
        command: list[str | Path] = [_pg_ctl(), "stop", "-w", "-m", mode, "-D", self.pgdata]
        stopped = account().run(command, timeout=START_TIMEOUT)
        if stopped.returncode != 0 and self.running():
            raise ToolError(f"PostgreSQL did not stop:\n{tail(stopped.stdout + stopped.stderr)}")

    def launch_once(self, settings: Mapping[str, str]) -> str | None:
        """Start once; return None on success, else what the server wrote."""
        own = {"listen_addresses": HOST, "port": str(self.port), "unix_socket_directories": ""}
        lines = [f"{key} = {_quoted(value)}\n" for key, value in {**settings, **own}.items()]
        configuration = self.pgdata / "devtools.conf"
        configuration.write_text("".join(lines))
        account().own(configuration)
        written_before = self.log.stat().st_size if self.log.exists() else 0
        started = account().run(
            [
                *(postgres_versions.binaries(self.major) / "pg_ctl", "start", "-w", "-t", str(START_TIMEOUT)),
                *("-D", self.pgdata, "-l", self.log),
            ],
            timeout=START_TIMEOUT + 10,
        )
        if started.returncode == 0:
            return None
        if not self.log.exists():
            return started.stdout + started.stderr
        with self.log.open(errors="replace") as log:
            log.seek(written_before)
            return log.read()


def _pg_ctl() -> Path:
    """Return a pg_ctl for any server: status and stop only read its pid file and send signals.

    Data of a major whose binaries are out of reach can thus still be stopped and destroyed.
    """
    return postgres_host.binaries() / "pg_ctl"


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
