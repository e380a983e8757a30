"""Drive the real ``pulumi-resource-awa`` over gRPC, as the engine does, without a Pulumi command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc, status_pb2

from tests.support.provider import CallFailed, FakeEngine, objections

UNKNOWN = rpc.UNKNOWN
COMMAND = Path(sys.executable).with_name("pulumi-resource-awa")


def urn(kind: str, name: str = "test") -> str:
    """Return the URN of a resource, for example of kind ``Schema``."""
    return f"urn:pulumi:test::test::awa:index:{kind}::{name}"


def secret(value: object) -> dict[str, Any]:
    """Return a value as the engine sends a secret."""
    wrapped: dict[str, Any] = rpc.wrap_rpc_secret(value)
    return wrapped


@dataclass
class Failed:
    """What the engine keeps of a call that failed half-way."""

    id: str
    properties: dict[str, Any]
    reasons: list[str]


class PartlyFailed(CallFailed):
    """A call that failed, and left an object."""

    def __init__(self, message: str, left: Failed) -> None:
        super().__init__(message)
        self.left = left


@dataclass
class Diff:
    """What a diff says."""

    changes: bool
    kinds: dict[str, str]
    replaces: list[str]


@dataclass
class Plugin:
    """The calls of the engine for one kind of resource. Answers have secrets wrapped, as the engine gets them."""

    stub: provider_pb2_grpc.ResourceProviderStub
    engine: FakeEngine
    channel: grpc.Channel
    process: subprocess.Popen[str]
    engine_address: str = ""
    kind: str = "Schema"
    lines: list[str] = field(default_factory=list)

    def use(self, kind: str) -> Plugin:
        """Make the calls that follow be about this kind."""
        self.kind = kind
        return self

    @property
    def log(self) -> list[str]:
        """Every line that stays in the diagnostics."""
        return [line.message for line in self.engine.lines if not line.ephemeral]

    def configure(self, args: Mapping[str, Any]) -> provider_pb2.ConfigureResponse:
        """Configure the provider."""
        answer: provider_pb2.ConfigureResponse = self.call(
            "Configure", provider_pb2.ConfigureRequest(args=struct(args), acceptSecrets=True)
        )
        return answer

    def check_config(self, news: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the provider's own inputs, and what the check objects to."""
        return _checked(self.call("CheckConfig", provider_pb2.CheckRequest(news=struct(news))))

    def check(
        self, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None, *, name: str = "test"
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the inputs, and what the check objects to: property and reason."""
        request = provider_pb2.CheckRequest(urn=urn(self.kind, name), news=struct(news))
        if olds is not None:
            request.olds.CopyFrom(struct(olds))
        return _checked(self.call("Check", request))

    def diff(
        self,
        olds: Mapping[str, Any],
        news: Mapping[str, Any],
        old_inputs: Mapping[str, Any] | None = None,
        *,
        name: str = "test",
    ) -> Diff:
        """Compare."""
        request = provider_pb2.DiffRequest(id="x", urn=urn(self.kind, name), olds=struct(olds), news=struct(news))
        if old_inputs is not None:
            request.old_inputs.CopyFrom(struct(old_inputs))
        answer = self.call("Diff", request)
        kinds = provider_pb2.PropertyDiff.Kind
        return Diff(
            answer.changes == provider_pb2.DiffResponse.DIFF_SOME,
            {name: kinds.Name(found.kind) for name, found in answer.detailedDiff.items()},
            list(answer.replaces),
        )

    def create(
        self, news: Mapping[str, Any], *, preview: bool = False, name: str = "test"
    ) -> tuple[str, dict[str, Any]]:
        """Return id and outputs."""
        request = provider_pb2.CreateRequest(urn=urn(self.kind, name), properties=struct(news), preview=preview)
        answer = self.call("Create", request)
        return answer.id, plain(answer.properties)

    def update(self, olds: Mapping[str, Any], news: Mapping[str, Any], *, preview: bool = False) -> dict[str, Any]:
        """Return the new outputs."""
        request = provider_pb2.UpdateRequest(
            id="x", urn=urn(self.kind), olds=struct(olds), news=struct(news), preview=preview
        )
        return plain(self.call("Update", request).properties)

    def read(self, id_: str, props: Mapping[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Return id, inputs and outputs; no id means gone."""
        answer = self.call("Read", provider_pb2.ReadRequest(id=id_, urn=urn(self.kind), properties=struct(props)))
        return answer.id, plain(answer.inputs), plain(answer.properties)

    def delete(self, id_: str, props: Mapping[str, Any]) -> None:
        """Delete."""
        self.call("Delete", provider_pb2.DeleteRequest(id=id_, urn=urn(self.kind), properties=struct(props)))

    def invoke(self, function: str, args: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the answer, and what is wrong with the arguments."""
        request = provider_pb2.InvokeRequest(tok=f"awa:index:{function}", args=struct(args))
        answer = self.call("Invoke", request)
        return plain(getattr(answer, "return")), objections(answer)

    def schema(self) -> dict[str, Any]:
        """Return the schema of the package."""
        found: dict[str, Any] = json.loads(self.call("GetSchema", provider_pb2.GetSchemaRequest()).schema)
        return found

    def cancel(self) -> None:
        """Cancel everything."""
        self.call("Cancel", empty_pb2.Empty())

    def raw(self, method: str, request: bytes) -> bytes:
        """Send bytes to any method."""
        try:
            answer: bytes = self.channel.unary_unary(f"/pulumirpc.ResourceProvider/{method}")(request, timeout=120)
        except grpc.RpcError as exc:
            raise CallFailed(exc.details()) from None
        return answer

    def call(self, method: str, request: Any) -> Any:  # noqa: ANN401
        """Make any call."""
        try:
            return getattr(self.stub, method)(request, timeout=120)
        except grpc.RpcError as exc:
            trailers = dict(exc.trailing_metadata() or ())
            details = trailers.get("grpc-status-details-bin")
            if details is None:
                raise CallFailed(exc.details()) from None
            status = status_pb2.Status.FromString(details)
            found = provider_pb2.ErrorResourceInitFailed()
            status.details[0].Unpack(found)
            left = Failed(found.id, plain(found.properties), list(found.reasons))
            raise PartlyFailed(status.message, left) from None


def _checked(answer: provider_pb2.CheckResponse) -> tuple[dict[str, Any], dict[str, str]]:
    return plain(answer.inputs), objections(answer)


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return properties as the engine sends them."""
    made = struct_pb2.Struct()
    made.update(values)
    return made


def plain(properties: struct_pb2.Struct) -> dict[str, Any]:
    """Return properties as values; secrets stay wrapped, what is not known is :data:`UNKNOWN`."""

    def value(sent: struct_pb2.Value) -> Any:  # noqa: ANN401
        match sent.WhichOneof("kind"):
            case "struct_value":
                return plain(sent.struct_value)
            case "list_value":
                return [value(item) for item in sent.list_value.values]
            case kind:
                return getattr(sent, str(kind)) if kind != "null_value" else None

    return {key: value(sent) for key, sent in properties.fields.items()}


@contextmanager
def plugin_process(engine_address: str | None = None, environment: Mapping[str, str] | None = None) -> Iterator[Plugin]:
    """Start a fake engine and the real plugin.

    Args:
        engine_address: of the engine of another provider process, whose run this one is in, too.
        environment: variables that differ from those of this process.
    """
    engine = FakeEngine()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with subprocess.Popen(
        [str(COMMAND), engine_address or f"127.0.0.1:{port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    ) as process:
        try:
            assert process.stdout is not None
            own_port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{own_port}") as channel:
                address = engine_address or f"127.0.0.1:{port}"
                yield Plugin(provider_pb2_grpc.ResourceProviderStub(channel), engine, channel, process, address)
        finally:
            process.kill()
            server.stop(None)
