"""Drive the real provider process over gRPC, as the engine does, without a Pulumi command.

A fake engine only listens to log lines. The provider itself is the SDK's own: ``python -m pulumi.dynamic``.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc, status_pb2

UNKNOWN = rpc.UNKNOWN
URN = "urn:pulumi:test::test::pulumi-python:dynamic/awa:Test::test"


class FakeEngine(engine_pb2_grpc.EngineServicer):
    """Collects what the provider logs."""

    def __init__(self) -> None:
        self.lines: list[engine_pb2.LogRequest] = []

    def Log(self, request: engine_pb2.LogRequest, _context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        """Keep one line."""
        self.lines.append(request)
        return empty_pb2.Empty()


def objections(answer: provider_pb2.CheckResponse | provider_pb2.InvokeResponse) -> dict[str, str]:
    """Return what a check objects to, by input: some are named in the reason, so that the engine shows no value."""
    named = (f.reason.partition(": ")[::2] if not f.property else (f.property, f.reason) for f in answer.failures)
    return dict(named)


class CallFailed(Exception):  # noqa: N818
    """What a user would see of a failed call."""


@dataclass
class ProviderProcess:
    """The calls of the engine, for one provider class. Secrets are plain values, as the engine sends them."""

    stub: provider_pb2_grpc.ResourceProviderStub
    engine: FakeEngine
    blob: str = ""

    def use(self, provider: ResourceProvider) -> ProviderProcess:
        """Make the calls that follow go to this provider."""
        self.blob = serialize_provider(provider)
        return self

    @property
    def log(self) -> list[str]:
        """Every line that stays in the diagnostics."""
        return [line.message for line in self.engine.lines if not line.ephemeral]

    def check(self, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> dict[str, str]:
        """Return what the check objects to: property and reason."""
        request = provider_pb2.CheckRequest(urn=URN, olds=self._struct(olds or {}), news=self._struct(news))
        if not olds:
            request.ClearField("olds")
        answer = self._call("Check", request)
        return objections(answer)

    def named(self, news: Mapping[str, Any]) -> list[str]:
        """Return the properties whose values the engine would print, because the check objects to them."""
        answer = self._call("Check", provider_pb2.CheckRequest(urn=URN, news=self._struct(news)))
        return [failure.property for failure in answer.failures if failure.property]

    def changes(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Return whether a diff finds changes."""
        request = provider_pb2.DiffRequest(id="x", urn=URN, olds=self._struct(olds), news=self._struct(news))
        answer = self._call("Diff", request)
        return bool(answer.changes == provider_pb2.DiffResponse.DIFF_SOME)

    def create(self, news: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return id and outputs."""
        answer = self._call("Create", provider_pb2.CreateRequest(urn=URN, properties=self._struct(news)))
        return answer.id, _plain(answer.properties)

    def update(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """Return the new outputs."""
        request = provider_pb2.UpdateRequest(id="x", urn=URN, olds=self._struct(olds), news=self._struct(news))
        return _plain(self._call("Update", request).properties)

    def read(self, id_: str, props: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return id and outputs; no id means gone."""
        answer = self._call("Read", provider_pb2.ReadRequest(id=id_, urn=URN, properties=self._struct(props)))
        return answer.id, _plain(answer.properties)

    def delete(self, id_: str, props: Mapping[str, Any]) -> None:
        """Delete."""
        self._call("Delete", provider_pb2.DeleteRequest(id=id_, urn=URN, properties=self._struct(props)))

    def _struct(self, values: Mapping[str, Any]) -> struct_pb2.Struct:
        struct = struct_pb2.Struct()
        struct.update({"__provider": self.blob, **{k: v for k, v in values.items() if v is not None}})
        return struct

    def _call(self, method: str, request: Any) -> Any:  # noqa: ANN401
        try:
            return getattr(self.stub, method)(request, timeout=120)
        except grpc.RpcError as exc:
            # The engine, written in Go, believes this trailer rather than the text of the status.
            trailers = dict(exc.trailing_metadata() or ())
            details = trailers.get("grpc-status-details-bin")
            message = status_pb2.Status.FromString(details).message if details else exc.details()
            raise CallFailed(message) from None


@contextmanager
def provider_process(*, engine_address: str | None = None) -> Iterator[ProviderProcess]:
    """Start a fake engine and the real provider process."""
    engine = FakeEngine()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    command = [sys.executable, "-u", "-m", "pulumi.dynamic", engine_address or f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            own_port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{own_port}") as channel:
                yield ProviderProcess(provider_pb2_grpc.ResourceProviderStub(channel), engine)
        finally:
            process.kill()
            server.stop(None)


def _plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    found: dict[str, Any] = json_format.MessageToDict(struct)
    found.pop("__provider", None)
    return found
