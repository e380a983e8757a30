"""Whatever an engine may send: no crash, no traceback, no secret in an answer that is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest
from google.protobuf import struct_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awa_infra.lifecycle.base import Lifecycle
from awa_infra.plugin.kinds import KINDS
from awa_infra.spec.base import camel
from awa_infra.spec.provider import ProviderInputs
from awa_infra.spec.values import forms
from tests.support.plugin import UNKNOWN, Plugin, secret
from tests.support.provider import CallFailed

CANARY = "c4nary-w0rd"
EXAMPLES = 2000
"""For each of the five kinds: 10,000 inputs."""

# Nothing listens there, so whatever passes every check is refused at once.
NOWHERE = f"postgresql://me:{CANARY}@127.0.0.1:1/db?connect_timeout=1"

text = st.text(st.characters(codec="utf-8"), max_size=30)
scalar = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 70),
    st.floats(),
    text,
    st.sampled_from(["awa", "acme_jobs", "public", "0.6.9", "retain", "drop", "x\0y", UNKNOWN]),
)


def outputs(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return values as an engine wraps outputs."""
    return st.fixed_dictionaries(
        {"4dabf18193072939515e22adb298388d": st.just("d0e6a833031e9bbcd3f4e8bde6ca49a4")},
        optional={"value": inner, "secret": st.booleans()},
    )


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return lists, mappings and secrets of values."""
    return st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(text, inner, max_size=2), inner.map(secret), outputs(inner)
    )


# Three levels written out: `st.recursive` takes three times as long to make the same values.
anything = st.one_of(scalar, nested(scalar), nested(st.one_of(scalar, nested(scalar))))
likely: dict[object, st.SearchStrategy[Any]] = {
    str: st.one_of(text, st.sampled_from(["acme_jobs", "awa", "drop", "0.6.9", "jobs"])),
    int: st.integers(-3, 100),
    float: st.floats(),
    bool: st.booleans(),
    Literal: st.sampled_from(["retain", "drop", "whole", "each"]),
    tuple: st.lists(
        st.one_of(
            text,
            st.fixed_dictionaries({"name": text}, optional={"priorities": anything, "shards": anything, "x": anything}),
        ),
        max_size=3,
    ),
}


def properties(kind: Lifecycle[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return inputs of a kind: some as they should be, some not, and some that do not exist."""
    # Seldom one that leads to a plan, or to being refused by a server that is not there: both take their time.
    connection = st.sampled_from([*[None, 7, secret(7), UNKNOWN] * 4, NOWHERE, secret(NOWHERE)])
    known = {
        camel(i.name): connection
        if i.name.endswith("_url")
        else st.one_of(likely[next(iter(forms(i.annotation)))], anything)
        for i in kind.inputs
    }
    return st.builds(
        lambda given, others: {**others, **given},
        st.fixed_dictionaries({}, optional=known),
        st.dictionaries(text, anything, max_size=1),
    )


@pytest.mark.parametrize("token", KINDS)
def test_no_input_is_too_strange(plugin: Plugin, token: str) -> None:
    kind = KINDS[token]
    plugin.use(token.rpartition(":")[2])

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(properties(kind), st.one_of(st.none(), properties(kind)), st.integers(0, 9))
    def fuzz(news: dict[str, Any], olds: dict[str, Any] | None, which: int) -> None:
        # Most of what is sent is looked at by the check, which everything else relies on.
        calls: list[Callable[[], object]] = [
            lambda: plugin.create(news, preview=True),
            lambda: plugin.diff(olds or {}, news),
            lambda: plugin.read("acme_jobs", news),
        ]
        try:
            if which < len(calls):
                calls[which]()
            else:
                for reason in plugin.check(news, olds)[1].values():
                    clean(reason)
        except CallFailed as failed:
            clean(str(failed), may_be_internal=which < len(calls))

    fuzz()
    assert plugin.process.poll() is None


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    news=st.dictionaries(
        st.one_of(text, st.sampled_from([camel(f.name) for f in ProviderInputs.described()])), anything
    )
)
def test_no_configuration_is_too_strange(plugin: Plugin, news: dict[str, Any]) -> None:
    for reason in plugin.check_config(news)[1].values():
        clean(reason)


def test_bytes_that_are_no_request_are_refused(plugin: Plugin) -> None:
    with pytest.raises(CallFailed, match="The request of Check cannot be read"):
        plugin.raw("Check", b"\xff\xff\xff\xff")
    with pytest.raises(CallFailed, match="awa-infra does not implement Parameterize"):
        plugin.raw("Parameterize", b"")
    with pytest.raises(CallFailed, match="awa-infra does not implement __init__"):
        plugin.raw("__init__", b"")


def test_values_nested_without_end_are_cut(plugin: Plugin) -> None:
    deep = struct_pb2.Value(string_value="x")
    for _ in range(60):
        deep = struct_pb2.Value(list_value=struct_pb2.ListValue(values=[deep]))
    _inputs, failures = plugin.check({"databaseUrl": UNKNOWN, "role": deep.list_value})
    assert failures == {"role": "must be text [config-invalid]"}


def clean(message: str, *, may_be_internal: bool = False) -> None:
    """Complain about what a user should never see."""
    assert CANARY not in message
    assert "Traceback" not in message
    assert all(line.startswith(("  - ", "Hint: ")) for line in message.split("\n")[1:])
    if not may_be_internal:
        assert "[internal]" not in message
