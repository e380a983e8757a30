"""Everything that a run gives away beside its output: the arguments of its processes, and the engine's own log."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.engine.projects import Project

PAUSE = 0.02
LAUNCHER = "pulumi-resource-pulumi-python"


class Watch:
    """What was seen so far.

    Attributes:
        arguments: of every process of this machine that was alive at some moment.
        log: where the engine's log goes.
    """

    def __init__(self, log: Path) -> None:
        self.arguments: set[str] = set()
        self.log = log
        self._stop = threading.Event()

    def look(self) -> None:
        """Collect arguments until told to stop."""
        while not self._stop.wait(PAUSE):
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):  # it ended meanwhile
                    self.arguments.add(process.read_bytes().replace(b"\0", b" ").decode(errors="replace"))

    def stop(self) -> None:
        """Stop looking."""
        self._stop.set()


@contextmanager
def watched(project: Project, folder: Path) -> Iterator[Watch]:
    """Have the engine write its log into a file, and look at every process while this lasts."""
    real, _, rest = project.environment["PATH"].partition(":")
    folder.mkdir()
    watch = Watch(folder / "engine.log")
    watch.log.touch()
    wrapper = folder / "pulumi"
    wrapper.write_text(
        f'#!/bin/sh\necho "$0 $@" >>"{watch.log}"\n'
        f'case "$1" in version) exec "{real}/pulumi" "$@";; esac\n'
        f'exec "{real}/pulumi" "$@" --logtostderr --logflow -v=3 2>>"{watch.log}"\n'
    )
    wrapper.chmod(0o755)
    (folder / LAUNCHER).symlink_to(Path(real) / LAUNCHER)
    project.environment["PATH"] = f"{folder}:{real}:{rest}"
    thread = threading.Thread(target=watch.look, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.stop()
        thread.join()
        project.environment["PATH"] = f"{real}:{rest}"
