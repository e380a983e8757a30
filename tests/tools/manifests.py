"""Reads Kubernetes manifests as a test needs them: checked against Kubernetes' schemas, and run without a cluster."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

VERSIONS = ("1.31", "1.37")
"""The oldest and the newest Kubernetes to check against; 1.31 made podFailurePolicy stable."""

_VOLUMES = frozenset(
    [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ]
)

Manifest = dict[str, Any]


def read(text: str) -> list[Manifest]:
    """Return every object of a text."""
    return [found for found in yaml.safe_load_all(text) if found is not None]


def schema_problems(manifest: Manifest) -> list[str]:
    """Return what Kubernetes' schemas object to, with unknown keys."""
    found = []
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except kubernetes_validate.ValidationError as exc:
            found.append(f"{version}: {exc.message}")
    return found


def pod(manifest: Manifest) -> dict[str, Any]:
    """Return the pod that a Job or a Deployment starts."""
    found: dict[str, Any] = manifest["spec"]["template"]["spec"]
    return found


def containers(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the containers of a pod in the order in which they start."""
    return [*spec.get("initContainers", []), *spec["containers"]]


def restricted_problems(spec: Mapping[str, Any]) -> list[str]:
    """Return what the profile "restricted" of the Pod Security Standards objects to in a pod."""
    found = [key for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    volumes = spec.get("volumes", [])
    found += [f"volume {volume['name']}" for volume in volumes if not volume.keys() - {"name"} <= _VOLUMES]
    for container in containers(spec):
        own = container.get("securityContext", {})
        both = {**spec.get("securityContext", {}), **own}
        capabilities = own.get("capabilities", {})
        rules = {
            "privileged": not own.get("privileged") and own.get("procMount", "Default") == "Default",
            "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
            "may be root": both.get("runAsNonRoot") is True and both.get("runAsUser") != 0,
            "seccompProfile": both.get("seccompProfile", {}).get("type") in {"RuntimeDefault", "Localhost"},
            "drops not all capabilities": "ALL" in capabilities.get("drop", []),
            "adds capabilities": {*capabilities.get("add", [])} <= {"NET_BIND_SERVICE"},
            "hostPort": not any("hostPort" in port for port in container.get("ports", [])),
        }
        found += [f"{container['name']}: {rule}" for rule, holds in rules.items() if not holds]
    return found


def run(
    container: Mapping[str, Any], secrets: Mapping[tuple[str, str], str], files: Mapping[str, Path] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run what a container of awa-infra's image runs, with no other variables than the manifest's.

    Args:
        container: of the manifest.
        secrets: value of each key of each secret.
        files: where what is mounted at a path is here.
    """
    environment = {
        variable["name"]: variable["value"]
        if "value" in variable
        else secrets[variable["valueFrom"]["secretKeyRef"]["name"], variable["valueFrom"]["secretKeyRef"]["key"]]
        for variable in container.get("env", [])
    }
    words = list(container["args"])
    for mounted, here in (files or {}).items():
        words = [word.replace(mounted, str(here)) for word in words]
    assert not any(secret in word for secret in secrets.values() for word in words)
    program = Path(sys.executable).with_name("awa-infra")
    return subprocess.run(
        [str(program), *words], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
