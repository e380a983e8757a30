"""Whole servers that are set up oddly: what no setting of a database or a role can do."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import LiteralString

import psycopg

from awa_infra.database.target import Target
from awa_infra.localserver.host import account, binaries
from devtools import postgres
from tests.support.servers import TestServer
from tests.support.tools import missing

_FAST: Mapping[str, str] = MappingProxyType({"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
_ROOM: Mapping[str, str] = MappingProxyType({"max_locks_per_transaction": "128"})
_PATIENCE = 60.0


@contextmanager
def place() -> Iterator[Path]:
    """Give a folder that the account of the servers can use."""
    folder = Path(tempfile.mkdtemp(prefix="awa-infra-rough-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own_server(**settings: str) -> Iterator[TestServer]:
    """Give a server with settings of its own."""
    with place() as folder:
        data = folder / "pg"
        try:
            yield TestServer(postgres.start(data, settings={**_FAST, **_ROOM, **settings}).url)
        finally:
            postgres.destroy(data)


def debian_programs() -> Path:
    """Return where the programs of Debian's newest PostgreSQL are, or skip the test."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        missing("there is no PostgreSQL of Debian here (apt install postgresql)")
    return found[-1]


def debian_library() -> Path:
    """Return where the extensions of Debian's newest PostgreSQL are, or skip the test."""
    return Path("/usr/lib/postgresql") / debian_programs().parent.name / "lib"


@contextmanager
def debian_server(*locale: str, **settings: str) -> Iterator[TestServer]:
    """Give a server of Debian's packages: with translations, locales and ICU.

    Args:
        locale: options of initdb for its own databases; without any UTF8 with collation C.
        settings: of the server.
    """
    programs, words = debian_programs(), locale or ("--locale=C", "-E", "UTF8")
    with _data() as data, place() as logs:
        _run(programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", *words)
        port = _free_port()
        set_here = {**_FAST, **_ROOM, **settings, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        with _running(programs, data, logs, port, set_here):
            yield TestServer(f"postgresql://postgres:any@127.0.0.1:{port}/postgres")


@contextmanager
def standby(primary: TestServer) -> Iterator[TestServer]:
    """Give a hot standby of a server."""
    where = Target.of(primary.url).parameters
    with _data() as data, place() as logs:
        target = f"host={where['host']} port={where['port']} user={where['user']} password={where['password']}"
        _run(binaries() / "pg_basebackup", "-D", data, "-d", target, "-R", "--no-sync", "-c", "fast")
        port = _free_port()
        with _running(binaries(), data, logs, port, {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}):
            yield TestServer(re.sub(r":\d+/", f":{port}/", primary.url))


@contextmanager
def receiver(primary: TestServer) -> Iterator[None]:
    """Have pg_receivewal, which is no standby, connected to a server."""
    with place() as folder:
        words = [str(binaries() / "pg_receivewal"), "-D", str(folder), "-d", primary.url]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _until(primary, "SELECT count(*) > 0 FROM pg_catalog.pg_stat_replication", "the receiver does not connect")
            yield
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def caught_up(primary: TestServer) -> None:
    """Wait until the standbys of a server have everything."""
    question = (
        "SELECT bool_and(replay_lsn >= pg_current_wal_lsn()) AND count(*) > 0 FROM pg_catalog.pg_stat_replication"
    )
    _until(primary, question, "the standby does not follow")


def _until(server: TestServer, question: LiteralString, else_: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    with psycopg.connect(server.url, autocommit=True) as connection:
        while (row := connection.execute(question).fetchone()) is None or not row[0]:
            assert time.monotonic() < deadline, else_
            time.sleep(0.1)


@contextmanager
def pgbouncer(url: str, mode: str) -> Iterator[str]:
    """Give the URL of the real PgBouncer in front of a database."""
    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    if not Path(program).exists():
        missing("there is no PgBouncer here (apt install pgbouncer)")
    where, port = Target.of(url).parameters, _free_port()
    with place() as folder:
        users = folder / "users.txt"
        users.write_text(f'"{where["user"]}" "{where["password"]}"\n', encoding="utf-8")
        settings = folder / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n* = host={where['host']} port={where['port']}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {port}\nunix_socket_dir =\nauth_type = plain\nauth_file = {users}\npool_mode = {mode}\n"
            f"ignore_startup_parameters = extra_float_digits\nlogfile = {folder / 'log'}\n",
            encoding="utf-8",
        )
        for path in (folder, users, settings):
            account().own(path)
        uid, gid = account().uid, account().gid
        # The log stays readable in the folder until the block ends.
        process = subprocess.Popen(
            [program, "-q", str(settings)], user=uid, group=gid, extra_groups=[] if uid else None, cwd="/"
        )
        try:
            _answers(port)
            yield url.replace(f":{where['port']}/", f":{port}/")
        finally:
            process.terminate()
            process.wait(_PATIENCE)


@contextmanager
def with_tls(server: TestServer, folder: Path) -> Iterator[dict[str, str]]:
    """Make a server ask for TLS and a client certificate; give what a client's URL has to have.

    Args:
        server: one of its own, which the caller gives up afterwards.
        folder: of the server's data.
    """
    if shutil.which("openssl") is None:
        missing("there is no openssl here")
    _openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=rough ca",
             "-keyout", "ca.key", "-out", "ca.crt")  # fmt: skip
    for name, subject in (("server", "/CN=localhost"), ("client", "/CN=whoever")):
        _openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", f"{name}.key",
                 "-out", f"{name}.csr")  # fmt: skip
        (folder / "san").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n", encoding="utf-8")
        _openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                 "-days", "1", "-extfile", "san", "-out", f"{name}.crt")  # fmt: skip
    _openssl(folder, "pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in", "client.key", "-out", "client.pk8")
    for name in ("server.key", "server.crt", "ca.crt"):
        account().own(folder / name)
    for name in ("client.key", "client.pk8", "server.key"):
        (folder / name).chmod(0o600)
    with psycopg.connect(server.url, autocommit=True) as connection:
        row = connection.execute("SHOW hba_file").fetchone()
        assert row is not None
        for key, value in (("ssl_cert_file", "server.crt"), ("ssl_key_file", "server.key"), ("ssl_ca_file", "ca.crt")):
            connection.execute(f"ALTER SYSTEM SET {key} = '{folder / value}'".encode())
        connection.execute("ALTER SYSTEM SET ssl = on")
        hba = Path(row[0])
        lines = "hostnossl all postgres 127.0.0.1/32 trust\n"
        lines += "hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca\nhostnossl all all 0.0.0.0/0 reject\n"
        hba.write_text(lines + hba.read_text(encoding="utf-8"), encoding="utf-8")
        connection.execute("SELECT pg_reload_conf()")
    yield {
        "sslmode": "verify-full",
        "sslrootcert": str(folder / "ca.crt"),
        "sslcert": str(folder / "client.crt"),
        "sslkey": str(folder / "client.key"),
    }


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=_PATIENCE)


@contextmanager
def _data() -> Iterator[Path]:
    with place() as folder:
        account().own(folder)
        yield folder / "data"


@contextmanager
def _running(programs: Path, data: Path, logs: Path, port: int, settings: Mapping[str, str]) -> Iterator[None]:
    account().own(logs)
    words = " ".join(f"-c {key}='{value}'" for key, value in {**settings, "port": str(port)}.items())
    _run(programs / "pg_ctl", "start", "-w", "-D", data, "-l", logs / "log", "-o", words)
    try:
        yield
    finally:
        with suppress(AssertionError):
            _run(programs / "pg_ctl", "stop", "-w", "-m", "immediate", "-D", data)


def _run(*words: str | Path) -> None:
    done = account().run(words, timeout=_PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert time.monotonic() < deadline, f"nothing answers on port {port}"
        time.sleep(0.05)
