"""Report how a call failed: one line for the user, and the properties of an object that was partly made."""

from __future__ import annotations

import os
from typing import NoReturn

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from awa_infra.errors import AwaInfraError
from awa_infra.plugin.kinds import spoken


class PartlyDoneError(Exception):
    """A create or an update failed, and the object is there nevertheless.

    Attributes:
        cause: what went wrong.
        id: of the object.
        properties: as they are now.
        inputs: as they were given.
    """

    def __init__(
        self, cause: AwaInfraError, id_: str, properties: struct_pb2.Struct, inputs: struct_pb2.Struct
    ) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.id = id_
        self.properties = properties
        self.inputs = inputs


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
    detail = provider_pb2.ErrorResourceInitFailed(
        id=exc.id, properties=exc.properties, inputs=exc.inputs, reasons=[message]
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message)
    status.details.add().Pack(detail)
    # The engine believes the status in this trailer, and finds the detail only there.
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError
