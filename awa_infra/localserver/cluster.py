"""Create, start and stop one PostgreSQL cluster on disk; `devtools.postgres` says why no library does."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from awa_infra.errors import LocalServerError
from awa_infra.localserver import host
from awa_infra.localserver.folders import note, read_file, replace_file
from awa_infra.localserver.host import HOST, SUPERUSER, account, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Binaries = Callable[[int], Path]
    """Gives the ``bin`` directory of a major version, which the account can execute."""

START_TIMEOUT = 90
PORT_ATTEMPTS = 5
_READ_IT = "Its own words are above. Remove the cause, then run the same again."
PORT_CLOSED = re.compile(r"could not bind[^\n]*Permission denied")
PORT_TAKEN = re.compile(r"could not bind|[Aa]ddress already in use|could not create any TCP")

_ITS_USER = "Run it as the user who started it."
_PUT_BACK = "Put that file back; or delete the data, too: awa-infra dev stop --delete."
_NOT_RUNNING = 3
"""Exit status of ``pg_ctl status`` where no server runs; every other one but 0 says that it could not look."""

MEMORY = "server.json"
"""File beside the data with what is remembered between starts."""

CONFIGURATION = "awa-infra.conf"
"""File beside postgresql.conf that each start writes anew."""

StopMode = Literal["smart", "fast", "immediate"]


@dataclass(frozen=True)
class Cluster:
    """What is remembered between starts, in a file only its owner can read."""

    home: Path
    password: str = field(repr=False)
    port: int
    binaries: Binaries = field(default=host.binaries_of, repr=False, compare=False)

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
    def load(cls, home: Path, binaries: Binaries = host.binaries_of) -> Cluster | None:
        """Return the cluster in `home`, or None if none was made completely.

        Raises:
            LocalServerError: what is remembered of it cannot be read.
        """
        memory = home / MEMORY
        try:
            kept = json.loads(memory.read_text())
            cluster = cls(home, str(kept["password"]), int(kept["port"]), binaries)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LocalServerError(f"Cannot read {memory}: {error.strerror}.", hint=_ITS_USER) from error
        except (ValueError, KeyError, TypeError) as error:
            raise LocalServerError(f"{memory} is damaged.", hint=_PUT_BACK) from error
        return cluster if cluster.pgdata.is_dir() else None

    @classmethod
    def to_stop(cls, home: Path) -> Cluster | None:
        """Return the data in `home` with nothing that is remembered of them: enough to look and to stop."""
        cluster = cls(home, "", 0)
        return cluster if cluster.pgdata.is_dir() else None

    @classmethod
    def create(cls, home: Path, *, sync: bool, major: int, binaries: Binaries = host.binaries_of) -> Cluster:
        """Run initdb of a major in `home` with a random password.

        Raises:
            LocalServerError: initdb failed, or there are data whose password is not recorded.
        """
        cluster = cls(home, secrets.token_urlsafe(24), 0, binaries)
        if cluster.pgdata.exists():
            raise LocalServerError(
                f"There are data in {cluster.pgdata}, but {home / MEMORY}, with their password and port, is missing.",
                hint=_PUT_BACK,
            )
        initdb = binaries(major) / "initdb"
        side = home / "pgdata.new"
        shutil.rmtree(side, ignore_errors=True)
        password_file = home / "initial-password"
        replace_file(password_file, cluster.password, account().ids)
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
            raise LocalServerError(f"initdb failed in {home}.", hint=_READ_IT, details=_tail(made.stdout + made.stderr))
        cluster.save()
        side.rename(cluster.pgdata)
        return cluster

    def save(self) -> None:
        """Write what the next start needs, whole or not at all."""
        replace_file(self.home / MEMORY, json.dumps({"password": self.password, "port": self.port}))

    def check_version(self, major: int) -> None:
        """Refuse data that another major version made, with what to do."""
        reported = account().run([self.binaries(major) / "postgres", "--version"]).stdout.strip()
        if self.major != major or f" {major}." not in reported:
            raise LocalServerError(
                f"The data in {self.home} were made by PostgreSQL {self.major}, the one to start is {reported}.",
                hint="Remove them to start afresh.",
            )

    def running(self) -> bool:
        """Tell whether the server runs, ignoring a pid that others use now, and the server of a copy of the data.

        Raises:
            LocalServerError: the account of the server cannot look, because the data are another user's.
        """
        status = account().run([_pg_ctl(), "status", "-D", self.pgdata])
        if status.returncode == _NOT_RUNNING or not self._has_data():
            return False
        if status.returncode != 0:
            words = status.stdout + status.stderr
            raise LocalServerError(
                f"Cannot look whether PostgreSQL in {self.home} runs.",
                hint=_ITS_USER if "Permission denied" in words else _READ_IT,
                details=_tail(words),
            )
        pid_file = self.pgdata / "postmaster.pid"
        try:
            pid, data = pid_file.read_text().splitlines()[:2]
        except (OSError, ValueError):
            return True  # it is just starting or ending: believe pg_ctl
        if self._is_served_by(pid, data):
            return True
        pid_file.unlink(missing_ok=True)  # it would keep the server from starting
        return False

    def moved(self) -> bool:
        """Whether the data are no longer where their server was started, by whose path it finds some files."""
        with suppress(OSError, IndexError):
            return not Path((self.pgdata / "postmaster.pid").read_text().splitlines()[1]).is_dir()
        return False

    def _has_data(self) -> bool:
        """Whether there are data whose server may run; also if this user may not look."""
        try:
            (self.pgdata / "PG_VERSION").lstat()
        except FileNotFoundError:
            return False
        except OSError:
            pass  # it is there, or whatever comes next reports that it cannot be read
        return True

    def _is_served_by(self, pid: str, data: str) -> bool:
        """Whether a process that lives is the server of these data, not of those that they were copied from.

        It says itself where its data were when it started.
        """
        process = Path("/proc", pid)
        try:
            if b"postgres" not in (process / "cmdline").read_bytes():
                return False
            # A server works in the directory of its data, also after it was moved.
            return (process / "cwd").samefile(self.pgdata)
        except OSError:
            pass  # no /proc on this system, or it is closed to us
        try:
            return self.pgdata.samefile(data)
        except OSError:
            return True  # moved since it started

    def launch(self, port: int | None, settings: Mapping[str, str]) -> Cluster:
        """Start the server and return it with the port that it took."""
        wanted = port or self.port or free_port()
        for _ in range(PORT_ATTEMPTS):
            candidate = replace(self, port=wanted)
            output = candidate.launch_once(settings)
            if output is None:
                candidate.save()
                return candidate
            if PORT_CLOSED.search(output):
                raise LocalServerError(
                    f"PostgreSQL did not start: this user may not listen on port {wanted}.",
                    hint="Choose a port from 1024 up.",
                )
            if not PORT_TAKEN.search(output):
                raise LocalServerError(
                    f"PostgreSQL did not start; the end of {self.log}:", hint=_READ_IT, details=_tail(output)
                )
            if port is not None:
                break
            wanted = free_port()
            note("postgres: port %s is in use, trying %s", candidate.port, wanted)
        raise LocalServerError(f"PostgreSQL did not start: port {wanted} is in use.", hint="Choose another port.")

    def stop(self, mode: StopMode) -> bool:
        """Stop the server and wait, and return whether it ran; nothing happens when it does not run."""
        if not self.running():
            return False
        command: list[str | Path] = [_pg_ctl(), "stop", "-w", "-m", mode, "-D", self.pgdata]
        stopped = account().run(command, timeout=START_TIMEOUT)
        if stopped.returncode != 0 and self.running():
            raise LocalServerError(
                f"PostgreSQL in {self.home} did not stop.",
                hint=_READ_IT,
                details=_tail(stopped.stdout + stopped.stderr),
            )
        return True

    def launch_once(self, settings: Mapping[str, str]) -> str | None:
        """Start once; return None on success, else what the server wrote."""
        own = {"listen_addresses": HOST, "port": str(self.port), "unix_socket_directories": ""}
        lines = [f"{key} = {_quoted(value)}\n" for key, value in {**settings, **own}.items()]
        replace_file(self.pgdata / CONFIGURATION, "".join(lines), account().ids)
        self._include()
        written_before = self.log.stat().st_size if self.log.exists() else 0
        started = account().run(
            [
                *(self.binaries(self.major) / "pg_ctl", "start", "-w", "-t", str(START_TIMEOUT)),
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

    def _include(self) -> None:
        """Have postgresql.conf read that file, in data of an older awa-infra too."""
        main = self.pgdata / "postgresql.conf"
        line = f"include_if_exists = '{CONFIGURATION}'\n"
        text = read_file(main)
        if line not in text:
            replace_file(main, f"{text}\n{line}", account().ids)


def _pg_ctl() -> Path:
    """Return a pg_ctl for any server: status and stop only read its pid file and send signals.

    Data of a major whose binaries are out of reach can thus still be stopped and destroyed.
    """
    return host.binaries() / "pg_ctl"


def _tail(text: str, lines: int = 12) -> list[str]:
    """Return the last lines that say something."""
    return [line for line in text.splitlines() if line.strip()][-lines:]


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
