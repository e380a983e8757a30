"""Pass the bytes of a call to a method of the servicer, and its answer back; an error becomes one line."""

from __future__ import annotations

import grpc
from google.protobuf import message_factory
from google.protobuf.message import DecodeError
from pulumi.runtime.proto import provider_pb2

from awa_infra.plugin.answers import fail
from awa_infra.plugin.server import Serve
from awa_infra.plugin.servicer import Servicer

_METHODS = provider_pb2.DESCRIPTOR.services_by_name["ResourceProvider"].methods_by_name


def serve(engine: str) -> Serve:
    """Return what answers the calls of one engine.

    Args:
        engine: its address, ``host:port``.
    """
    servicer = Servicer(engine)

    def answer(method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        if method not in _METHODS or not hasattr(servicer, method):
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"awa-infra does not implement {method}")
        try:
            message = message_factory.GetMessageClass(_METHODS[method].input_type).FromString(request)
        except DecodeError:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"The request of {method} cannot be read")
        try:
            found: bytes = getattr(servicer, method)(message).SerializeToString()
        except Exception as exc:  # noqa: BLE001  no traceback ever reaches a user
            fail(context, exc)
        return found

    return answer
