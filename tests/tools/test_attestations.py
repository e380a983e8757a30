"""Verify a release, by the commands of the page, with the real ``sigstore``: what was built by its tag, nothing else.

The keys are made here, so that there is something to verify: one option says whom to trust, and all else is the page's.
"""

from __future__ import annotations

import json
import shutil
import sys
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from awa_infra import __version__
from devtools import docs_shown
from tests.support.attestations import Run, Sigstore
from tests.support.wheels import ROOT, build_wheel
from tests.unit.test_docs_commands import RUN_WITH_SIGSTORE

PAGE = ROOT / RUN_WITH_SIGSTORE
ONLINE, OFFLINE = (one.text for block in docs_shown.blocks(PAGE, "console") for one in docs_shown.commands(block))
RELEASED = Run("acme/awa-infra", f"refs/tags/v{__version__}")


@dataclass(frozen=True)
class Release:
    """What somebody has who verifies: a folder with the wheel and its attestation."""

    wheel: Path
    sigstore: Sigstore

    @property
    def attestation(self) -> Path:
        return self.wheel.with_name(f"{self.wheel.name}.sigstore.json")

    def attested_by(self, run: Run, sigstore: Sigstore | None = None) -> Release:
        """Have a run vouch for the wheel."""
        self.keep((sigstore or self.sigstore).attest(run, [self.wheel]))
        return self

    def keep(self, bundle: dict[str, Any]) -> None:
        self.attestation.write_text(json.dumps(bundle) + "\n", encoding="utf-8")

    def sandbox(self, *trust: str) -> docs_shown.Sandbox:
        folder = self.wheel.parent
        home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "XDG_CACHE_HOME": str(folder / "cache")}
        # Its messages are wrapped to the width of the terminal.
        environment = docs_shown.environment(Path(sys.executable).parent, COLUMNS="200", **home)
        names = {"OWNER/REPOSITORY": RELEASED.repository, "sigstore verify": " ".join(["sigstore", *trust, "verify"])}
        return docs_shown.Sandbox(folder, environment, names)

    def verified(self, *skip: str) -> list[docs_shown.Result]:
        """Run the commands of the page, which trust the authority of this release."""
        trusted = self.wheel.with_name("trusted.json")
        trusted.write_text(json.dumps(self.sigstore.trust()), encoding="utf-8")
        return list(docs_shown.run(PAGE, self.sandbox("--trust-config", str(trusted)), skip))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def release(wheel: Path, tmp_path: Path) -> Release:
    return Release(Path(shutil.copy(wheel, tmp_path)), Sigstore())


def refused(release: Release, reason: str) -> None:
    """Look whether the command of the page refuses the wheel, for this reason."""
    (result,) = release.verified(OFFLINE)
    assert result.status == 1, result.output
    assert "OK" not in result.output
    assert reason in result.output


def test_what_the_tag_built_is_verified_and_the_commit_is_shown(release: Release) -> None:
    found = release.attested_by(RELEASED).verified()
    assert docs_shown.problems(found, release.sandbox()) == []
    assert all(RELEASED.commit in result.output for result in found)


def test_a_file_that_was_changed_is_refused(release: Release) -> None:
    release.attested_by(RELEASED)
    release.wheel.write_bytes(release.wheel.read_bytes() + b"\n")
    refused(release, "no subject for digest")


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (replace(RELEASED, workflow=".github/workflows/tests.yml"), "SANs do not match"),
        (replace(RELEASED, ref="refs/tags/v0.0.1"), "SANs do not match"),
        (replace(RELEASED, ref="refs/heads/main"), "SANs do not match"),
        (replace(RELEASED, repository="mallory/awa-infra"), "SANs do not match"),
        (replace(RELEASED, issuer="https://gitlab.com"), "OIDCIssuer"),
    ],
    ids=["workflow", "tag", "branch", "repository", "issuer"],
)
def test_what_another_run_built_is_refused(release: Release, other: Run, reason: str) -> None:
    refused(release.attested_by(other), reason)


def test_what_somebody_else_signed_is_refused(release: Release) -> None:
    refused(release.attested_by(RELEASED, Sigstore()), "certificate")


def test_a_statement_that_was_edited_is_refused(release: Release) -> None:
    bundle = release.sigstore.attest(RELEASED, [release.wheel])
    release.wheel.write_bytes(release.wheel.read_bytes() + b"\n")
    other = release.sigstore.attest(RELEASED, [release.wheel])
    bundle["dsseEnvelope"]["payload"] = other["dsseEnvelope"]["payload"]
    release.keep(bundle)
    refused(release, "signature")


def test_a_signature_that_is_in_no_log_is_refused(release: Release) -> None:
    bundle = release.sigstore.attest(RELEASED, [release.wheel])
    (entry,) = bundle["verificationMaterial"]["tlogEntries"]
    entry["canonicalizedBody"] = b64encode(b64decode(entry["canonicalizedBody"]) + b" ").decode()
    release.keep(bundle)
    refused(release, "inclusion proof")


def test_without_a_network_the_keys_that_the_command_came_with_decide(release: Release) -> None:
    release.attested_by(RELEASED)
    (result,) = docs_shown.run(PAGE, release.sandbox(), {ONLINE})
    assert result.status == 1
    assert "certificate" in result.output
