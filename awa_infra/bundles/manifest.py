"""Write ``manifest.json`` (the contents of a bundle for programs) and ``SHA256SUMS`` (for ``sha256sum -c``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib import metadata
from typing import Any

from awa_infra.bundles.contents import Contents
from awa_infra.bundles.lock_file import LockFile, sha256
from awa_infra.facts import runtime_floor
from awa_infra.planning.access import lanes_key

MANIFEST = "manifest.json"
CHECKSUMS = "SHA256SUMS"

TOOL = "awa-infra"
"""This distribution, and the value of ``tool`` in a manifest: a folder whose manifest says so is ours."""


def tool_version() -> str:
    """Return the version of awa-infra that is installed."""
    return metadata.version(TOOL)


def manifest(form: str, contents: Contents, paths: Mapping[str, str], lock: LockFile) -> bytes:
    """Return the manifest: where the texts come from and what each hashes to."""
    desired, plan = contents.desired, contents.plan
    release = desired.release
    data: dict[str, Any] = {
        "tool": TOOL,
        "tool_version": tool_version(),
        "format": form,
        "awa_release": release.name,
        "provenance": release.provenance.value,
        "from_version": plan.from_version,
        "to_version": plan.to_version,
        "digest": plan.digest,
        "runtime_floor": runtime_floor(plan.from_version, plan.to_version),
        "migrations": [
            {
                "version": m.version,
                "description": m.description,
                "file": paths[f"V{m.version:03d}"],
                "release": lock.frozen[m.version].release,
                "sha256": m.sha256,
            }
            for m in release.migrations
            if f"V{m.version:03d}" in paths
        ],
        "patches": [
            {"name": p.name, "description": p.description, "file": paths[f"patch:{p.name}"], "sha256": p.sha256}
            for p in release.patches
            if f"patch:{p.name}" in paths
        ],
        "queue_storage": [
            {"schema": q.schema, **asdict(q.shape), "file": paths[f"queue-storage:{q.schema}"]}
            for q in desired.queue_storage
            if f"queue-storage:{q.schema}" in paths
        ],
        "lanes": [
            {"schema": q.schema, "queues": [queue.name for queue in q.queues], "file": paths[lanes_key(q)]}
            for q in desired.queue_storage
            if q.queues
        ],
        "lock_objects": plan.lock_objects,
        "roles": None if desired.roles is None else {k: v for k, v in asdict(desired.roles).items() if v},
    }
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()


def checksums(files: Mapping[str, bytes]) -> bytes:
    """Return the lines of ``SHA256SUMS`` over these files, sorted by path."""
    return "".join(f"{sha256(files[path])}  {path}\n" for path in sorted(files)).encode()


def is_ours(text: str) -> bool:
    """Whether a manifest's text is one that this program wrote."""
    try:
        data = json.loads(text)
    except ValueError:
        return False
    return isinstance(data, dict) and data.get("tool") == TOOL


def parse_checksums(text: str) -> dict[str, str]:
    """Return the hash of every path that the text of a ``SHA256SUMS`` lists."""
    return {line[66:]: line[:64] for line in text.splitlines()}
