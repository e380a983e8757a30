"""Report how a call failed: one line for the user, and the properties of an object that was partly made."""

from __future__ import annotations

import os
from typing import NoReturn

import grpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from awa_infra.errors import AwaInfraError
from awa_infra.plugin.kinds import spoken


class PartlyDoneError(Exception):
    """A create or an update failed, and the object is there nevertheless, as `left` has it."""

    def __init__(self, cause: AwaInfraError, left: provider_pb2.ErrorResourceInitFailed) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.left = left


def fail(context: grpc.ServicerContext, exc: Exception) -> NoReturn:
    """End the call with what a user can do something about."""
    if isinstance(exc, PartlyDoneError):
        _fail_partly(context, exc)
    if isinstance(exc, AwaInfraError):
        message = spoken(exc.report())
    else:
        # The text of an unexpected exception could hold a password.
        message = (
            f"Internal error in awa-infra: {type(exc).__name__}. [internal]\n"
            "Hint: Set AWA_INFRA_DEBUG=1 to see the traceback in Pulumi's log, and report it."
        )
        if os.environ.get("AWA_INFRA_DEBUG"):
            raise exc
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError


def _fail_partly(context: grpc.ServicerContext, exc: PartlyDoneError) -> NoReturn:
    message = spoken(exc.cause.report())
    exc.left.reasons.append(message)
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message)
    status.details.add().Pack(exc.left)
    # The engine believes the status in this trailer, and finds the detail only there.
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError
