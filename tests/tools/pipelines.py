"""Runs the scripts of a GitHub workflow as its runner would: job by job, with outputs, artifacts and conditions.

act runs workflows too, but needs Docker and the actions from the network. What a step takes from GitHub is given by the
test; an expression that nobody gives is an error.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{ ([\w.]+)(?: \|\| '(\w+)')? \}\}")
_CONDITION = re.compile(r"([\w.]+) ([!=]=) '?([\w.]*)'?")
INSTALL = "install"
"""The step that installs awa-infra: no index has it yet. Its options are those of the Containerfile, which is built."""


@dataclass
class Runner:
    """What runs the jobs of one run of a workflow.

    Attributes:
        workflow: its file.
        place: folder for artifacts and temporary files.
        path: where programs are looked for.
        given: values of expressions.
        summary: what is written below the run.
    """

    workflow: Path
    place: Path
    path: str
    given: dict[str, str] = field(repr=False)
    output: str = ""

    @property
    def summary(self) -> str:
        """What the steps wrote below the run."""
        written = self.place / "summary"
        return written.read_text(encoding="utf-8") if written.exists() else ""

    def run(self, job: str, checkout: Path) -> int | None:
        """Run a job in a checkout; return its exit status, or ``None`` if its condition does not hold."""
        said: dict[str, Any] = yaml.safe_load(self.workflow.read_text(encoding="utf-8"))["jobs"][job]
        if not self._holds(said):
            return None
        for step in said["steps"]:
            if step.get("name") == INSTALL or not self._holds(step):
                continue
            action, options = step.get("uses", "").partition("@")[0], step.get("with", {})
            if action == "actions/upload-artifact":
                self._keep(checkout, options)
            elif action == "actions/download-artifact":
                target = checkout / self._with_values(options.get("path", "."))
                if step.get("continue-on-error") and not (self.place / options["name"]).exists():
                    continue
                shutil.copytree(self.place / options["name"], target, dirs_exist_ok=True)
            elif "run" in step:
                status = self._run(step, checkout)
                if status != 0:
                    return status
        for name, value in said.get("outputs", {}).items():
            self.given[f"needs.{job}.outputs.{name}"] = self._with_values(value)
        return 0

    def _run(self, step: Mapping[str, Any], checkout: Path) -> int:
        self.place.mkdir(exist_ok=True)
        outputs = self.place / "outputs"
        outputs.write_text("")
        environment = {name: self._with_values(value) for name, value in step.get("env", {}).items()}
        environment |= {
            "PATH": self.path,
            "GITHUB_OUTPUT": str(outputs),
            "GITHUB_STEP_SUMMARY": str(self.place / "summary"),
            "RUNNER_TEMP": str(self.place),
            "HOME": str(self.place),
        }
        script = self.place / "script"
        script.write_text(step["run"], encoding="utf-8")
        done = subprocess.run(
            ["bash", "-e", str(script)],
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        self.output += done.stdout + done.stderr
        for line in outputs.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            self.given[f"steps.{step['id']}.outputs.{name}"] = value
        return done.returncode

    def _keep(self, checkout: Path, options: Mapping[str, str]) -> None:
        pattern = Path(self._with_values(options["path"]))
        kept = sorted((checkout / pattern).parent.glob(pattern.name))
        assert kept, f"no files found: {pattern}"
        (self.place / options["name"]).mkdir(parents=True, exist_ok=True)
        for path in kept:
            shutil.copy(path, self.place / options["name"] / path.name)

    def _with_values(self, text: str) -> str:
        return _EXPRESSION.sub(lambda match: self._value(match[1]) or match[2] or "", text)

    def _value(self, expression: str) -> str:
        # An output that no step has set is empty.
        empty = expression.startswith("steps.") or ".outputs." in expression
        return self.given.get(expression, "") if empty else self.given[expression]

    def _holds(self, part: Mapping[str, Any]) -> bool:
        if "if" not in part:
            return True
        # Whether a job before failed is for the test to say: it runs this one or does not.
        return all(self._compare(one) for one in part["if"].split(" && ") if one != "always()")

    def _compare(self, condition: str) -> bool:
        found = _CONDITION.fullmatch(condition)
        assert found is not None, condition
        left, operator, right = found.groups()
        right = self.given[right] if "." in right else right
        return (self._value(left) == right) is (operator == "==")
