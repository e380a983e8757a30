"""Show lines on the user's screen, and why a call failed, through the engine that calls."""

from __future__ import annotations

import contextlib
import functools
from typing import cast

import grpc
from google.protobuf.message import Message
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, status_pb2

INFO = engine_pb2.INFO
WARNING = engine_pb2.WARNING

_LOG_TIMEOUT = 2.0
"""Seconds that a log line may take. An engine that is gone must never fail a migration."""


def send(address: str, urn: str, message: str, *, severity: int = INFO, ephemeral: bool = False) -> None:
    """Show one line at a resource; best effort.

    Args:
        address: of the engine, ``host:port``.
        urn: of the resource; empty for the whole stack.
        message: the line, without secrets.
        severity: :data:`INFO` or :data:`WARNING`.
        ephemeral: show it as live progress only, not in the diagnostics that stay.
    """
    request = engine_pb2.LogRequest(
        severity=cast("engine_pb2.LogSeverity.ValueType", severity), message=message, urn=urn, ephemeral=ephemeral
    )
    with contextlib.suppress(grpc.RpcError):
        _engine(address).Log(request, timeout=_LOG_TIMEOUT)


def fail_with(context: grpc.ServicerContext, message: str, *details: Message) -> None:
    """Have the engine show a message as why the call failed, whatever the SDK says afterwards.

    It believes the status in the trailing metadata rather than the text of an exception, and finds details only there.
    """
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message)
    for detail in details:
        status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))


@functools.cache
def _engine(address: str) -> engine_pb2_grpc.EngineStub:
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
