"""Write answers to the engine: failures of a check, differences, what is secret in them, and how a call failed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NoReturn

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2

from awa_infra import engine_log
from awa_infra.errors import AwaInfraError
from awa_infra.lifecycle.wording import placed
from awa_infra.naming import nearest
from awa_infra.plugin.kinds import spoken
from awa_infra.plugin.wire import Sent, encode
from awa_infra.spec.base import Input, Props, camel
from awa_infra.spec.paths import written
from awa_infra.spec.problems import Problem


def failures(problems: Iterable[Problem], sent: Sent, fields: Iterable[Input]) -> list[provider_pb2.CheckFailure]:
    """Return problems of inputs as the engine shows them, in the names of the program's language."""
    secret = sent.secrets | {field.name for field in fields if field.secret}
    found = []
    for problem in problems:
        value, hidden = sent.values.get(problem.key), problem.key in secret
        found.append(_failure(*placed(camel(problem.key), spoken(problem.report()), value, secret=hidden)))
    return found


def strange_failures(sent: Sent, fields: Iterable[Input]) -> list[provider_pb2.CheckFailure]:
    """Return what was sent and is no input of a resource. Its value is never shown: it may be a mistyped password."""
    found = _strange(sent, fields, "resource")
    return [_failure(*placed(key, report, None, secret=True)) for key, report in found]


def function_failures(
    problems: Iterable[Problem], sent: Sent, fields: Iterable[Input]
) -> list[provider_pb2.CheckFailure]:
    """Return what is wrong with the arguments of a function. SDKs show their names behind the reason, and no values."""
    wrong = [(camel(problem.key), spoken(problem.report())) for problem in problems]
    return [_failure(key, report) for key, report in (*_strange(sent, fields, "function"), *wrong)]


def _strange(sent: Sent, fields: Iterable[Input], what: str) -> Iterator[tuple[str, str]]:
    """Yield what was sent and is no input, with the input that was probably meant."""
    known = [field.key for field in fields]
    for key in sorted({*sent.keys} - {*known}):
        near = nearest(camel(key), known)
        hint = f"Did you mean {near}?" if near else f"It has {', '.join(known)}."
        yield written((key,)), Problem(key, f"is no input of this {what}.", hint).report()


def _failure(name: str, reason: str) -> provider_pb2.CheckFailure:
    return provider_pb2.CheckFailure(property=name, reason=reason)


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
    engine_log.fail_with(context, message, exc.left)
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError
