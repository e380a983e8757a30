"""The process of the plugin: how it starts, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
import yaml
from pulumi.runtime.proto import provider_pb2

from awa_infra import __version__
from awa_infra.plugin.server import THREADS, Serve, start
from tests.support.plugin import COMMAND, Plugin, plugin_process, struct

FOLDER = Path(__file__).parents[2] / "provider"


def test_it_says_what_it_is() -> None:
    shown = subprocess.run([COMMAND, "--help"], capture_output=True, text=True, check=True).stdout
    assert shown.startswith("usage: pulumi-resource-awa [ENGINE]")
    version = subprocess.run([COMMAND, "--version"], capture_output=True, text=True, check=True).stdout
    assert version == f"{__version__}\n"


def test_it_gives_its_schema(plugin: Plugin) -> None:
    found = plugin.schema()
    assert (found["name"], found["version"]) == ("awa", __version__)
    assert json.loads((FOLDER / "schema.json").read_text()) == found


@pytest.mark.parametrize(
    "method", ["/grpc.health.v1.Health/Check", "/pulumirpc.LanguageRuntime/GetPluginInfo", "/other/Check", "/Check"]
)
def test_a_call_of_another_service_is_not_implemented(plugin: Plugin, method: str) -> None:
    """Pulumi's hosts up to SDK 3.206 ask for the first while a plugin loads; any other answer counts as a crash."""
    with pytest.raises(grpc.RpcError) as refused:
        plugin.channel.unary_unary(method)(b"", timeout=60)
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_the_handshake_is_answered_while_the_plugin_still_loads_for_engines_wait_10_seconds_for_it() -> None:
    slow = threading.Event()

    def load() -> Serve:
        slow.wait(60)
        return lambda _method, _request, _context: b""

    server, port = start(load)
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.unary_unary("/pulumirpc.ResourceProvider/Handshake")
            with pytest.raises(grpc.RpcError) as caught:
                call(b"", timeout=30, wait_for_ready=True)
            assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
            assert not slow.is_set()
            schema = channel.unary_unary("/pulumirpc.ResourceProvider/GetSchema").future(b"", timeout=60)
            slow.set()
            assert schema.result() == b""
    finally:
        slow.set()
        server.stop(None)


def test_as_many_components_as_there_are_threads_do_not_wait_for_each_other_for_ever() -> None:
    """A component waits until its resources are made, which takes other calls."""
    checked, begun = threading.Event(), threading.Semaphore(0)

    def serve(method: str, _request: bytes, _context: grpc.ServicerContext) -> bytes:
        begun.release()
        if method == "Check":
            checked.set()
        assert checked.wait(60)
        return b""

    with served(serve) as call:
        components = [call("Construct") for _ in range(2 * THREADS)]
        assert all(begun.acquire(timeout=30) for _ in range(THREADS))
        assert call("Check").result() == b""
        assert [component.result() for component in components] == [b""] * (2 * THREADS)


def test_cancel_is_answered_while_as_many_calls_wait_as_there_are_threads() -> None:
    cancelled, begun = threading.Event(), threading.Semaphore(0)

    def serve(method: str, _request: bytes, _context: grpc.ServicerContext) -> bytes:
        begun.release()
        if method == "Cancel":
            cancelled.set()
        assert cancelled.wait(60)
        return b""

    with served(serve) as call:
        waiting = [call(method) for method in ("Create", "Construct") for _ in range(2 * THREADS)]
        assert all(begun.acquire(timeout=30) for _ in range(THREADS))
        assert call("Cancel").result() == b""
        assert [one.result() for one in waiting] == [b""] * len(waiting)


@contextmanager
def served(serve: Serve) -> Iterator[Callable[[str], grpc.Future]]:
    """Serve with this; give what makes a call and does not wait for its answer."""
    server, port = start(lambda: serve)
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield lambda method: channel.unary_unary(f"/pulumirpc.ResourceProvider/{method}").future(
                b"", timeout=30, wait_for_ready=True
            )
    finally:
        server.stop(None)


class _Waiting(grpc.GenericRpcHandler):  # type: ignore[misc]
    """An engine that answers no call, as one that was killed."""

    def __init__(self) -> None:
        self.called, self.ended = threading.Event(), threading.Event()

    def service(self, _call: object) -> grpc.RpcMethodHandler:
        """Wait, whatever is called."""

        def answer(_request: bytes, _context: grpc.ServicerContext) -> bytes:
            self.called.set()
            self.ended.wait()
            return b""

        return grpc.unary_unary_rpc_method_handler(answer)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_the_engine_says_so(number: signal.Signals) -> None:
    with plugin_process() as plugin:
        plugin.schema()
        plugin.process.send_signal(number)
        assert plugin.process.wait(30) == 0
        assert plugin.process.stderr is not None
        assert plugin.process.stderr.read() == ""


def test_it_ends_although_a_component_waits_for_an_engine_that_is_gone() -> None:
    waiting = _Waiting()
    engine = grpc.server(ThreadPoolExecutor(max_workers=2), handlers=[waiting])
    port = engine.add_insecure_port("127.0.0.1:0")
    engine.start()
    with plugin_process() as plugin:
        request = provider_pb2.ConstructRequest(
            project="test",
            stack="test",
            type="awa:index:Stack",
            name="jobs",
            inputs=struct({"databaseUrl": "postgresql://me@host/jobs"}),
            monitorEndpoint=f"127.0.0.1:{port}",
        )
        construct = plugin.stub.Construct.future(request, timeout=120)
        try:
            assert waiting.called.wait(60)
            plugin.process.terminate()
            assert plugin.process.wait(60) == 0
            assert plugin.process.stderr is not None
            assert plugin.process.stderr.read() == ""
            assert construct.exception() is not None
        finally:
            waiting.ended.set()
            engine.stop(None)


def test_it_ends_when_the_engine_was_killed(tmp_path: Path) -> None:
    """A shell stands for the engine: when it is gone, nobody reads what the plugin would say."""
    numbers = tmp_path / "pid"
    script = f"{COMMAND} 127.0.0.1:1 > /dev/null 2>&1 & echo $! > {numbers}; sleep 600"
    with subprocess.Popen(["/bin/sh", "-c", script]) as shell:
        while not numbers.exists() or not numbers.read_text().strip():
            time.sleep(0.05)
        pid = int(numbers.read_text())
        time.sleep(1)
        assert alive(pid)
        shell.kill()
    until = time.monotonic() + 60
    while alive(pid):
        assert time.monotonic() < until
        time.sleep(0.1)


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("by", ["host", "command"])
def test_the_folder_of_the_plugin_starts_it_too(by: str) -> None:
    """As Pulumi does it with PulumiPlugin.yaml: the Python language host runs the folder; or the command in it."""
    options = yaml.safe_load((FOLDER / "PulumiPlugin.yaml").read_text())["runtime"]
    assert options == {"name": "python", "options": {"toolchain": "pip", "virtualenv": "venv"}}
    command = [sys.executable, str(FOLDER)] if by == "host" else [str(FOLDER / "pulumi-resource-awa")]
    with subprocess.Popen(
        [*command, "127.0.0.1:1"],
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env={**os.environ, "PULUMI_PYTHON_CMD": sys.executable},
    ) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
        process.terminate()
        assert process.wait(30) == 0


def test_where_a_library_is_missing_it_says_which_and_what_brings_it(tmp_path: Path) -> None:
    missing = "libstdc++.so.6: cannot open shared object file: No such file or directory"
    (tmp_path / "grpc.py").write_text(f"raise ImportError({missing!r})\n", encoding="utf-8")
    command = [sys.executable, "-m", "awa_infra.plugin.main", "127.0.0.1:1"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    first, second = done.stderr.splitlines()
    assert first == f"error: pulumi-resource-awa cannot start on this machine: {missing}"
    assert "apt-get install libstdc++6" in second
