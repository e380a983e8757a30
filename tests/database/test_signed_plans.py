"""``apply --plan --allowed-signers`` with the real ssh-keygen: signed by somebody who may, or nothing is run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from awa_infra.database.observe import read_state
from tests.support.command import Outcome, Run
from tests.support.servers import Database
from tests.support.tools import missing

NOWHERE = "postgresql://u@127.0.0.1:1/x"
"""Nobody answers there: whatever is refused was refused before any connection."""


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Return a folder with the keys of an approver and of somebody else."""
    if shutil.which("ssh-keygen") is None:
        missing("there is no ssh-keygen (Debian: apt-get install openssh-client)")
    folder = tmp_path / "keys"
    folder.mkdir()
    for name in ("approver", "stranger"):
        ssh_keygen("-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name))
    allow(folder)
    return folder


def ssh_keygen(*arguments: str) -> None:
    subprocess.run(["ssh-keygen", *arguments], check=True, capture_output=True, timeout=60)


def allow(folder: Path, options: str = 'namespaces="awa-infra-plan"', names: str = "approver@example.com") -> None:
    key = (folder / "approver.pub").read_text(encoding="utf-8")
    (folder / "allowed").write_text(f"{names} {options} {key}", encoding="utf-8")


def sign(folder: Path, plan: Path, who: str = "approver", namespace: str = "awa-infra-plan") -> Path:
    signature = plan.with_name(f"{plan.name}.sig")
    signature.unlink(missing_ok=True)
    ssh_keygen("-Y", "sign", "-f", str(folder / who), "-n", namespace, str(plan))
    return signature


@pytest.fixture
def plan(run: Run, database: Database, tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    assert run("plan", "--out", str(path), url=database.url).status == 0
    return path


def apply(run: Run, plan: Path, keys: Path, *more: str, url: str = NOWHERE) -> Outcome:
    return run("apply", "--plan", str(plan), "--allowed-signers", str(keys / "allowed"), *more, url=url)


def test_a_plan_that_an_allowed_signer_signed_is_run(run: Run, database: Database, plan: Path, keys: Path) -> None:
    signature = sign(keys, plan)
    elsewhere = signature.rename(keys / "approval.sig")
    done = apply(run, plan, keys, "--signature", str(elsewhere), url=database.url)
    assert done.status == 0
    assert f"{plan} is signed by approver@example.com." in done.err
    assert read_state(database.url).version == 40
    allow(keys, names="!mallory@example.com,*@example.com")
    elsewhere.rename(signature)
    assert apply(run, plan, keys, url=database.url).status == 0


def test_a_required_signature_cannot_be_left_away(run: Run, plan: Path, keys: Path) -> None:
    refused = apply(run, plan, keys)
    assert (refused.status, "[signature-missing]" in refused.err) == (3, True)
    assert f"there is no signature {plan}.sig" in refused.err
    sign(keys, plan)
    assert "[signature-missing]" in apply(run, plan, keys, "--signature", str(keys / "none")).err
    without_plan = run("apply", "--allowed-signers", str(keys / "allowed"), url=NOWHERE)
    without_signers = run("apply", "--plan", str(plan), "--signature", f"{plan}.sig", url=NOWHERE)
    for wrong in (without_plan, without_signers):
        assert (wrong.status, "[config-invalid]" in wrong.err) == (2, True)
    (keys / "allowed").unlink()
    assert "Cannot read the allowed signers" in apply(run, plan, keys).err


def test_somebody_else_cannot_sign_and_neither_can_an_expired_key(run: Run, plan: Path, keys: Path) -> None:
    sign(keys, plan, "stranger")
    refused = apply(run, plan, keys)
    assert (refused.status, "[signer-unknown]" in refused.err) == (3, True)
    sign(keys, plan)
    allow(keys, 'namespaces="awa-infra-plan",valid-before="20200101"')
    refused = apply(run, plan, keys)
    assert (refused.status, "[signer-unknown]" in refused.err) == (3, True)
    assert "has not expired" in refused.err
    plan.with_name("plan.json.sig").write_text("approved", encoding="utf-8")
    assert "[signer-unknown]" in apply(run, plan, keys).err


def test_a_file_that_was_changed_or_signed_for_something_else_is_refused(run: Run, plan: Path, keys: Path) -> None:
    sign(keys, plan)
    plan.write_text(plan.read_text() + " ", encoding="utf-8")
    changed = apply(run, plan, keys, "--json")
    assert changed.data["error"]["code"] == "signature-invalid"
    assert any("incorrect signature" in line for line in changed.data["error"]["details"])
    sign(keys, plan, namespace="git")
    assert "[signature-invalid]" in apply(run, plan, keys).err
    sign(keys, plan)
    allow(keys, 'namespaces="git"')
    assert apply(run, plan, keys).status == 3


def test_without_ssh_keygen_nothing_is_run(run: Run, plan: Path, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sign(keys, plan)
    monkeypatch.setenv("PATH", str(keys))
    refused = apply(run, plan, keys)
    assert (refused.status, "[signature-unchecked]" in refused.err) == (3, True)
    assert "apt-get install openssh-client" in refused.err
    slow = keys / "ssh-keygen"
    slow.write_text("#!/bin/sh\nexec /bin/sleep 60\n", encoding="utf-8")
    slow.chmod(0o755)
    monkeypatch.setattr("awa_infra.cli.plan_file._SECONDS", 0.2)
    refused = apply(run, plan, keys)
    assert "no answer within 0.2 seconds" in refused.err
