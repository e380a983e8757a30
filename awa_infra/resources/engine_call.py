"""What one call of the Pulumi engine to a dynamic provider needs besides its arguments.

The SDK hands a provider no context: an exception becomes a traceback on the user's screen, and there is no
way to report progress. Both are possible through the gRPC call that is being served, which this module
finds by walking the frames of the stack. That is the one place that does so, and every use of it has a
plain fallback.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple, ParamSpec, TypeVar

import grpc

from awa_infra import engine_log
from awa_infra.database.kept import pool
from awa_infra.engine_log import INFO, WARNING
from awa_infra.errors import AwaInfraError
from awa_infra.lifecycle.wording import in_lines, with_inputs

__all__ = ["INFO", "WARNING", "engine_address", "log", "served", "urn"]

P = ParamSpec("P")
R = TypeVar("R")


class _Call(NamedTuple):
    """The two locals of the SDK's servicer methods that are used."""

    request: Any
    context: grpc.ServicerContext


def served(method: Callable[P, R]) -> Callable[P, R]:
    """Make a method one that an engine calls.

    Its process keeps the connections with which it reads, and a failure is one line on the user's screen instead of a
    traceback.
    """

    @functools.wraps(method)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        pool.keep()
        try:
            return method(*args, **kwargs)
        except AwaInfraError as exc:
            _abort_with(with_inputs(exc.report()))
            raise
        except Exception as exc:
            if not os.environ.get("AWA_INFRA_DEBUG"):
                _abort_with(
                    f"Internal error in awa-infra: {type(exc).__name__}. [internal]\n"
                    "Hint: Set AWA_INFRA_DEBUG=1 to see the traceback, and report it."
                )
            raise

    return wrapper


def log(message: str, resource: str, *, severity: int = INFO, ephemeral: bool = False) -> None:
    """Show one line at a resource, from any thread; best effort."""
    address = engine_address()
    if resource and address:
        engine_log.send(address, resource, with_inputs(in_lines(message)), severity=severity, ephemeral=ephemeral)


def engine_address() -> str:
    """Return the address of the engine that has started this process, ``host:port``; empty in any other process."""
    address = sys.argv[1] if len(sys.argv) > 1 else ""
    return address if ":" in address else ""


def urn() -> str:
    """Return the URN of the resource that is being worked on; empty outside of a call."""
    return str(getattr(getattr(_current_call(), "request", None), "urn", ""))


def _abort_with(message: str) -> None:
    """Make the call that is being served fail with this message."""
    call = _current_call()
    if call is not None:
        engine_log.fail_with(call.context, message)


def _current_call() -> _Call | None:
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
    while frame is not None:
        found = frame.f_locals
        if isinstance(found.get("context"), grpc.ServicerContext) and "request" in found:
            return _Call(found["request"], found["context"])
        frame = frame.f_back
    return None
