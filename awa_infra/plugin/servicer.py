"""Pass the calls of the engine to the life of a declared object. No decisions here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2

from awa_infra import __version__, engine_log
from awa_infra.database.cancellation import running
from awa_infra.database.kept import pool
from awa_infra.errors import AwaInfraError, BlockedError, ConfigurationError
from awa_infra.lifecycle.base import Lifecycle
from awa_infra.lifecycle.connections import connection_change, kept_connection, leads_elsewhere
from awa_infra.lifecycle.declared import Declared
from awa_infra.lifecycle.values import Show
from awa_infra.lifecycle.wording import in_lines
from awa_infra.plugin import functions, schema
from awa_infra.plugin.answers import (
    PartlyDoneError,
    difference,
    failures,
    function_failures,
    strange_failures,
    with_secrets,
)
from awa_infra.plugin.configuration import configured, remarks, with_environment
from awa_infra.plugin.kinds import FALLBACKS, KINDS, spoken, with_fallbacks, without_fallbacks
from awa_infra.plugin.wire import Sent, decode, encode
from awa_infra.spec.base import Props, camel
from awa_infra.spec.problems import Problem, input_problems
from awa_infra.spec.provider import ProviderInputs


class Servicer:
    """One provider of package ``awa``. Its methods are named as in Pulumi's protocol, and get requests alone.

    Args:
        engine: address of the engine, ``host:port``.
    """

    def __init__(self, engine: str) -> None:
        self._engine = engine
        # This process ends with the engine.
        pool.keep()
        self._configuration: Props = {}
        self._declared = Declared(engine)

    def GetPluginInfo(self, _request: empty_pb2.Empty) -> plugin_pb2.PluginInfo:
        """Return the version."""
        return plugin_pb2.PluginInfo(version=__version__)

    def GetSchema(self, _request: provider_pb2.GetSchemaRequest) -> provider_pb2.GetSchemaResponse:
        """Return the schema of the package, from which SDKs are made."""
        return provider_pb2.GetSchemaResponse(schema=schema.text())

    def CheckConfig(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Check what is configured for all resources; other keys of the namespace are for others."""
        for remark in remarks(request.news):
            self._show(request.urn)(remark, warning=True)
        given = with_environment(request.news)
        sent = decode(given)
        problems = input_problems(ProviderInputs, configured(sent))
        answer = provider_pb2.CheckResponse(failures=failures(problems, sent, ProviderInputs.described()))
        answer.inputs.CopyFrom(with_secrets(given, sent, ProviderInputs.described()))
        return answer

    def DiffConfig(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """Say whether it changed; nothing is ever replaced for that."""
        before, now = configured(decode(request.olds)), configured(decode(request.news))
        urls = before["database_url"], now["database_url"]
        if leads_elsewhere(*urls):
            # A resource that is removed in this run is compared by nothing else.
            self._show(request.urn)(connection_change(*urls), warning=True)
        return difference([f.name for f in ProviderInputs.described() if before[f.name] != now[f.name]], before, now)

    def Configure(self, request: provider_pb2.ConfigureRequest) -> provider_pb2.ConfigureResponse:
        """Remember what is configured for all resources."""
        # An import configures with what the program gave, not with what the check made of it.
        sent = decode(with_environment(request.args))
        self._configuration = {name: value for name, value in configured(sent).items() if value is not None}
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Refuse in the preview already whatever is wrong."""
        kind, sent = _kind(request.urn), decode(request.news)
        olds = self._merged(decode(request.olds)) if request.HasField("olds") and request.olds.fields else {}
        # Where there are no inputs at all, before or now, only Create knows that the object is new.
        new = not olds and bool(sent.values)
        self._declared.note(request.urn, kind, self._merged(sent), again=bool(olds))
        found = kind.check(olds, self._merged(sent), self._show(request.urn), new=new)
        problems = [_with_configuration(problem, sent) for problem in found]
        wrong = [*strange_failures(sent, kind.inputs), *failures(problems, sent, kind.inputs)]
        answer = provider_pb2.CheckResponse(failures=wrong)
        answer.inputs.CopyFrom(with_secrets(request.news, sent, kind.inputs))
        return answer

    def Diff(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """Compare with the live database."""
        kind, olds, news = _kind(request.urn), decode(request.olds), decode(request.news)
        found = kind.diff(self._merged(olds), self._merged(news), self._show(request.urn))
        self._declared.note_compared(request.urn, kind, self._merged(news))
        before = decode(request.old_inputs).values if request.HasField("old_inputs") else olds.values
        # The input moved between the program and the provider configuration.
        moved = {name for name in FALLBACKS if (olds.values.get(name) is None) != (news.values.get(name) is None)}
        names = [*found.inputs, *(f.name for f in kind.inputs if f.name in moved - {*found.inputs})]
        answer = difference(names, before, news.values)
        if found:
            answer.changes = provider_pb2.DiffResponse.DIFF_SOME
        return answer

    def Create(self, request: provider_pb2.CreateRequest) -> provider_pb2.CreateResponse:
        """Create what is declared, or adopt what exists."""
        kind, sent = _kind(request.urn), decode(request.properties)
        given = self._merged(sent)
        if not sent.values:
            kind.announce_create(given, self._show(request.urn))
        if request.preview:
            return provider_pb2.CreateResponse(properties=self._kept(kind, sent, kind.preview({}, given)))
        self._declared.note_made(request.urn, kind, given)
        try:
            id_, kept = kind.create(given, self._show(request.urn))
        except AwaInfraError as exc:
            self._raise_partly(exc, kind, sent, given, request.properties)
            raise
        return provider_pb2.CreateResponse(id=id_, properties=self._kept(kind, sent, kept))

    def Update(self, request: provider_pb2.UpdateRequest) -> provider_pb2.UpdateResponse:
        """Bring it to what is declared now."""
        kind, sent = _kind(request.urn), decode(request.news)
        olds, given = self._merged(decode(request.olds)), self._merged(sent)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=self._kept(kind, sent, kind.preview(olds, given)))
        kept = kind.update(olds, given, self._show(request.urn))
        return provider_pb2.UpdateResponse(properties=self._kept(kind, sent, kept))

    def Read(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:
        """Read it again, or for the first time to import it; no id means that it is not there."""
        kind, sent = _kind(request.urn), decode(request.properties)
        if sent.values:
            known = self._merged(sent)
            _require_connection(kind, known)
            with kept_connection():
                found = kind.read(known)
            inputs = request.inputs
        else:
            given = self._merged(decode(request.inputs))
            found = kind.imported(request.id, given)
            inputs = encode(kind.declared_by(request.id, found) if found else {}, ())
        if found is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(id=request.id, properties=self._kept(kind, sent, found), inputs=inputs)

    def Delete(self, request: provider_pb2.DeleteRequest) -> empty_pb2.Empty:
        """Do what a removal from the program means; nothing if the same is declared under another name now."""
        kind, given = _kind(request.urn), self._merged(decode(request.properties))
        with kept_connection():
            self._declared.delete(request.urn, kind, given, self._show(request.urn))
        return empty_pb2.Empty()

    def Invoke(self, request: provider_pb2.InvokeRequest) -> provider_pb2.InvokeResponse:
        """Answer a function."""
        sent = decode(request.args)
        problems, found = functions.call(request.tok, with_fallbacks(sent.values, self._configuration))
        arguments = functions.ARGUMENTS[request.tok].described()
        answer = provider_pb2.InvokeResponse(failures=function_failures(problems, sent, arguments))
        if not answer.failures:
            getattr(answer, "return").update(found)
        return answer

    def Construct(self, request: provider_pb2.ConstructRequest) -> provider_pb2.ConstructResponse:
        """Make the component."""
        from awa_infra.plugin import component  # noqa: PLC0415  most programs have none, and it takes a while

        return component.construct(self._engine, request, self._configuration)

    def Cancel(self, _request: empty_pb2.Empty) -> empty_pb2.Empty:
        """Roll back what runs, and begin nothing else."""
        running.cancel()
        pool.close_idle()
        return empty_pb2.Empty()

    def Attach(self, request: plugin_pb2.PluginAttach) -> empty_pb2.Empty:
        """Serve another engine, as where a developer started the plugin by hand."""
        self._engine = request.address
        return empty_pb2.Empty()

    def _merged(self, sent: Sent) -> dict[str, Any]:
        return with_fallbacks(sent.values, self._configuration)

    def _kept(self, kind: Lifecycle[Any], sent: Sent, kept: Props) -> struct_pb2.Struct:
        secrets = {field.name for field in kind.fields if field.secret} | sent.secrets
        return encode(without_fallbacks(kept, sent.values), secrets)

    def _raise_partly(
        self, exc: AwaInfraError, kind: Lifecycle[Any], sent: Sent, given: Mapping[str, Any], inputs: struct_pb2.Struct
    ) -> None:
        """Raise what keeps an object in the state that is there although its create failed."""
        if isinstance(exc, BlockedError | ConfigurationError):
            return
        try:
            found = kind.read(kind.normal(given).props())
        except AwaInfraError:
            return  # the first error is the one that is reported
        if found is not None:
            id_, kept = kind.identifier(kind.normal(found)), self._kept(kind, sent, kind.kept_of_failed(found))
            left = provider_pb2.ErrorResourceInitFailed(id=id_, properties=kept, inputs=inputs)
            raise PartlyDoneError(exc, left) from exc

    def _show(self, urn: str) -> Show:
        def show(message: str, *, warning: bool = False, ephemeral: bool = False) -> None:
            severity = engine_log.WARNING if warning else engine_log.INFO
            engine_log.send(self._engine, urn, spoken(in_lines(message)), severity=severity, ephemeral=ephemeral)

        return show


def _kind(urn: str) -> Lifecycle[Any]:
    parts = urn.split("::")
    type_ = parts[2].rpartition("$")[2] if len(parts) > 3 else urn  # noqa: PLR2004  urn:pulumi:stack::project::type::name
    if type_ not in KINDS:
        raise ConfigurationError(
            f"The package awa {__version__} has no resource {type_}.",
            hint=f"It has {', '.join(sorted(KINDS))}.",
        )
    return KINDS[type_]


def _require_connection(kind: Lifecycle[Any], given: Props) -> None:
    """Refuse to read without a connection: a refresh is not checked before, and the provider's may be gone."""
    for name in (i.name for i in kind.inputs if i.required and i.name in FALLBACKS):
        if given.get(name) is None:
            raise ConfigurationError(
                f"{camel(name)} {functions.NOWHERE}.",
                hint=functions.say_where(camel(name)),
            )


def _with_configuration(problem: Problem, sent: Sent) -> Problem:
    """Say of what is missing that the provider could have it too."""
    if problem.key in FALLBACKS and problem.key not in sent.values:
        return Problem(problem.key, functions.NOWHERE, functions.say_where(camel(problem.key)))
    return problem
