"""The gRPC server of the plugin.

It listens before Pulumi's SDK is imported, which takes most of a second: the engine starts several plugins and does
other things meanwhile, and a plugin that answers late is waited for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

import grpc

THREADS = 64
"""Calls at the same time; an engine makes as many as its --parallel, and waits for each."""

_OWN_THREADS = {"Construct": THREADS, "Cancel": 1}
"""Calls with threads of their own, and how many: a Construct waits for the other calls of its resources, and Cancel
must be heard while the others wait."""

_MAX_MESSAGE = 400 * 1024 * 1024
"""Largest message in bytes, as Pulumi's own plugins have it."""


_SERVICE = "/pulumirpc.ResourceProvider/"
"""The only one here. Hosts up to SDK 3.206 ask for the health service of gRPC too; a wrong answer counts as a crash."""


_HANDSHAKE = "Handshake"
"""Not implemented here, which is a valid answer. Engines wait 10 s for it (``pluginRPCConnectionTimeout`` of Pulumi's
SDK) and then call the plugin dead: on a busy machine the import takes longer."""


class Serve(Protocol):
    """Answers one call."""

    def __call__(self, method: str, request: bytes, context: grpc.ServicerContext, /) -> bytes:
        """Return the answer as bytes, or end the call with an error."""


def start(load: Callable[[], Serve]) -> tuple[grpc.Server, int]:
    """Start a server on a free port of the loopback address.

    Args:
        load: imports what answers; it runs in a thread of its own, and calls wait for it.

    Returns:
        The server and its port.
    """
    loaded: Future[Serve] = Future()

    def run() -> None:
        try:
            loaded.set_result(load())
        except BaseException as exc:  # noqa: BLE001  every call must hear of it
            loaded.set_exception(exc)

    options = (("grpc.max_receive_message_length", _MAX_MESSAGE), ("grpc.max_send_message_length", _MAX_MESSAGE))
    server = grpc.server(ThreadPoolExecutor(max_workers=THREADS), options=options)
    server.add_generic_rpc_handlers((_Handlers(loaded),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    threading.Thread(target=run, daemon=True).start()
    return server, port


class _Handlers(grpc.GenericRpcHandler):  # type: ignore[misc]
    def __init__(self, loaded: Future[Serve]) -> None:
        self._loaded = loaded
        self._own = {method: ThreadPoolExecutor(threads) for method, threads in _OWN_THREADS.items()}

    def service(self, call: Any) -> Any:  # noqa: ANN401  grpc has no types
        """Return the handler of a call, which gets bytes and returns bytes; none for what is not here."""
        if not str(call.method).startswith(_SERVICE):
            return None
        method = str(call.method).removeprefix(_SERVICE)
        if method == _HANDSHAKE:
            return None

        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            return self._loaded.result()(method, request, context)

        if method in self._own:
            # What gRPC takes in place of the server's threads (grpcio, _select_thread_pool_for_behavior).
            vars(answer)["experimental_thread_pool"] = self._own[method]
        return grpc.unary_unary_rpc_method_handler(answer)
