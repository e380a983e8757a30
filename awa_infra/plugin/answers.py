"""Write answers to the engine: failures of a check, differences, and what is secret in them."""

from __future__ import annotations

from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2

from awa_infra.lifecycle.wording import placed
from awa_infra.plugin.kinds import spoken
from awa_infra.plugin.wire import Sent, encode
from awa_infra.spec.base import Input, Props, camel
from awa_infra.spec.problems import Problem


def failures(problems: list[Problem]) -> list[provider_pb2.CheckFailure]:
    """Return problems as the engine shows them, in the names of the program's language."""
    reported = [placed(camel(problem.key), spoken(problem.report())) for problem in problems]
    return [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in reported]


def with_secrets(news: struct_pb2.Struct, sent: Sent, fields: tuple[Input, ...]) -> struct_pb2.Struct:
    """Return the inputs as they were given, with those wrapped that are always secret."""
    inputs = struct_pb2.Struct()
    inputs.CopyFrom(news)
    bare = {f.name for f in fields if f.secret and f.name in sent.values} - sent.secrets
    inputs.MergeFrom(encode({name: sent.values[name] for name in bare}, bare))
    return inputs


def difference(names: list[str], before: Props, now: Props) -> provider_pb2.DiffResponse:
    """Return the inputs that changed. Never a replacement: a name or a shape is refused, not made anew."""
    kinds = provider_pb2.PropertyDiff
    answer = provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if names else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=[camel(name) for name in names],
        hasDetailedDiff=bool(names),
    )
    for name in names:
        if before.get(name) is None:
            kind = kinds.ADD
        elif now.get(name) is None:
            kind = kinds.DELETE
        else:
            kind = kinds.UPDATE
        answer.detailedDiff[camel(name)].CopyFrom(provider_pb2.PropertyDiff(kind=kind, inputDiff=True))
    return answer
