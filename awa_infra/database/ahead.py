"""Reads that a provider starts before it is asked for them, in a few threads of its own.

An engine asks about one object after the other, and waits for each answer. Which read comes next is often known: then
it can wait for the server while others do. What was read ahead is used once, by the question it was meant for, and only
while it is fresh. It changes nothing for anybody else:

- What writes waits for the reads that run, and what they found is forgotten. None runs beside it.
- A login that is refused waits for them too, and is tried once more: a role, a database or the server may allow no
  more connections. From then on nothing is read ahead in this process.
- A read ahead that fails says nothing. The question reads for itself, and reports what it meets.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from awa_infra.errors import ConfigurationError

VARIABLE = "AWA_INFRA_READ_AHEAD"
"""How many reads ahead run at the same time; 0 for none."""

DEFAULT = 4
"""The same without the variable. Each has a connection."""

HIGHEST = 16
"""The highest number that the variable takes."""

FRESH = 10.0
"""Seconds from the beginning of a read during which what it found is used."""

WAITING = 32
"""How many may have been started that nobody has asked for. An engine asks in about the order in which it was foreseen;
what is read much too early is read in vain. Where that happens, half as many may be."""

PATIENCE = 12.0
"""Seconds to wait for a read that runs: longer than its login and its waits for locks may take, 10 each."""

_LEISURE = 2.0
"""Seconds after which a thread without work ends."""


@dataclass(slots=True, eq=False)
class _Read:
    """A read.

    Attributes:
        question: what it answers.
        work: does it.
        began: when, on the clock of :func:`time.monotonic`.
        ended: whether it is over.
        found: what it found; ``None`` if it failed, or if something was written since it began.
        worthless: whether something was written since it began.
    """

    question: str
    work: Callable[[], object]
    began: float = 0.0
    ended: bool = False
    found: object = None
    worthless: bool = False


class ReadsAhead:
    """The reads ahead of this process, at most one for each place. Threads may share it.

    Nothing is read ahead until :meth:`allow` is called: only a program that runs for one engine knows what is asked.
    """

    def __init__(self) -> None:
        self._allowed = False
        self._own = threading.local()
        self._changed = threading.Condition()
        self._queue: OrderedDict[str, _Read] = OrderedDict()
        self._begun: dict[str, _Read] = {}
        self._running: list[_Read] = []
        self._threads = self._writers = self._writes = self._most = 0
        self._window = WAITING
        self._refused = False

    def allow(self) -> None:
        """Read ahead from now on. May be called any number of times."""
        self._allowed = True

    @property
    def running(self) -> int:
        """How many reads ahead run at this moment."""
        return len(self._running)

    @property
    def allowed(self) -> bool:
        """Whether :meth:`allow` was called."""
        return self._allowed

    @property
    def writes(self) -> int:
        """How often something began or ended to write: what was read before is of no use where this has changed."""
        return self._writes

    def foresee(self, place: str, question: str, work: Callable[[], object]) -> None:
        """Have something read in the background, as soon as a thread is free.

        Args:
            place: what is read, for example a connection string.
            question: everything that the answer depends on.
            work: reads it; called in another thread, and once more after something was written.

        Raises:
            ConfigurationError: ``AWA_INFRA_READ_AHEAD`` is no number.
        """
        if not self._allowed:
            return
        most = limit()
        with self._changed:
            if self._refused or most == 0:
                return
            self._most = most
            self._queue[place] = _Read(question, work)
            self._go_on()

    def take(self, place: str, question: str) -> object | None:
        """Return what was read for a question, and forget it; ``None`` if it has to be read now.

        Args:
            place: as it was foreseen.
            question: likewise. Where another one was foreseen, nothing more is read ahead that was foreseen so far.
        """
        with self._changed:
            self._queue.pop(place, None)
            read = self._begun.pop(place, None)
            self._go_on()
            if read is None:
                return None
            if read.question != question:
                # The program declares this one otherwise, so maybe the others too.
                self._queue.clear()
                return None
            self._changed.wait_for(lambda: read.ended or read.worthless, PATIENCE)
            if time.monotonic() - read.began >= FRESH:
                self._window = max(1, self._window // 2)
                return None
            return read.found if read.ended and not read.worthless else None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let nothing be read ahead, and forget what was found: something is written. Afterwards it is read again."""
        with self._changed:
            self._writers += 1
            self._writes += 1
            again = OrderedDict((place, _Read(read.question, read.work)) for place, read in self._begun.items())
            for read in (*self._begun.values(), *self._running):
                read.worthless = True
            self._begun.clear()
            self._queue = again | self._queue
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._running, PATIENCE)
        try:
            yield
        finally:
            with self._changed:
                self._writers -= 1
                self._writes += 1
                self._go_on()

    def give_way(self) -> bool:
        """Read nothing ahead any more, because a login was refused; call it where one was.

        Returns:
            Whether connections of reads ahead were in use, so that trying again may help. Never true in a read ahead.
        """
        with self._changed:
            busy = bool(self._running)
            self._refused = self._refused or busy
            if not busy or getattr(self._own, "reads", False):
                return False
            self._queue.clear()
            self._changed.wait_for(lambda: not self._running, PATIENCE)
            return True

    def forget(self) -> None:
        """Forget everything, in a child process: the threads are those of its parent."""
        vars(self).update(vars(ReadsAhead()), _allowed=self._allowed)

    def _go_on(self) -> None:
        """Tell whoever waits, and start a thread if one more has something to do; the lock is held."""
        if self._threads < self._most and len(self._running) + len(self._queue) > self._threads and self._may_begin():
            self._threads += 1
            threading.Thread(target=self._serve, args=(self._changed,), name="awa-infra-ahead", daemon=True).start()
        self._changed.notify_all()

    def _serve(self, changed: threading.Condition) -> None:
        """Read one thing after the other, in a thread of its own."""
        self._own.reads = True
        while True:
            with changed:
                if not changed.wait_for(self._may_begin, _LEISURE):
                    self._threads -= 1
                    return
                place, read = self._queue.popitem(last=False)
                self._begun[place] = read
                self._running.append(read)
                read.began = time.monotonic()
            found = None
            with suppress(Exception):  # the question reads for itself, and reports it
                found = read.work()
            with changed:
                read.found, read.ended = found, True
                self._running.remove(read)
                changed.notify_all()

    def _may_begin(self) -> bool:
        """Whether a thread can begin the next read; the lock is held."""
        if not self._queue or self._writers or self._refused:
            return False
        if len(self._begun) >= self._window:
            old = time.monotonic() - FRESH
            self._begun = {place: read for place, read in self._begun.items() if not read.ended or read.began > old}
        return len(self._begun) < self._window


def limit() -> int:
    """Return how many reads ahead may run at the same time; 0 if none.

    Raises:
        ConfigurationError: ``AWA_INFRA_READ_AHEAD`` is no number, or too high.
    """
    given = os.environ.get(VARIABLE, "").strip()
    if given and not (given.isascii() and given.isdecimal() and int(given) <= HIGHEST):
        raise ConfigurationError(
            f"{VARIABLE} is no number from 0 to {HIGHEST}.",
            hint=f"Set it to how many connections may be used to read ahead, to 0 for none, or unset it for {DEFAULT}.",
        )
    return int(given) if given else DEFAULT


ahead = ReadsAhead()
"""Of this process."""

os.register_at_fork(after_in_child=ahead.forget)
