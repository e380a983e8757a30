"""Write what a verification found for other programs: JSON, JUnit XML, SARIF, Prometheus."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

import click

from awa_infra import __version__
from awa_infra.cli.failures import error_data, print_failure
from awa_infra.cli.output import JSON_VERSION, refuse_devices, write_text
from awa_infra.errors import AwaInfraError, ConfigurationError, NotOursError
from awa_infra.model import ObservedState, Plan, Report
from awa_infra.verification.drift import Examination

TEXT_FORMAT = "text"
JSON = "json"
_SIGNS = {
    JSON: b'"json_version"',
    "junit": b'name="awa-infra verify"',
    "sarif": b'"name": "awa-infra"',
    "prometheus": b"awa_verify_healthy",
}
"""Text by which a report is recognised as one that may be replaced."""

FORMATS = (TEXT_FORMAT, *_SIGNS)


def chosen_format(requested: str | None, *, as_json: bool, output: Path | None, dry_run: bool) -> str:
    """Return the format, before anything is done.

    Raises:
        ConfigurationError: options contradict each other, or a package that writes the format is missing.
        NotOursError: the file exists, and is no such report.
    """
    if as_json and requested not in (None, JSON):
        raise ConfigurationError(f"--json and --format {requested} are both given.", hint="Leave one of them out.")
    kind = JSON if as_json else requested or TEXT_FORMAT
    if output is not None and kind == TEXT_FORMAT:
        raise ConfigurationError("--output needs a format for programs.", hint="Add --format junit, for example.")
    if dry_run and kind not in (TEXT_FORMAT, JSON):
        raise ConfigurationError(
            f"--format {kind} cannot show the result of --dry-run.", hint="Use --format json, or leave --dry-run out."
        )
    _require_packages(kind)
    if output is not None:
        _require_ours(output, kind)
    return kind


def report_text(
    kind: str,
    observed: ObservedState,
    release: str,
    found: Examination,
    *,
    report: Report | None,
    plan: Plan | None,
    config: Path | None,
) -> str:
    """Return the document in one of the formats for programs."""
    if kind == "junit":
        from awa_infra.reports.junit import junit  # noqa: PLC0415  an optional package

        return junit(observed, release, found)
    if kind == "sarif":
        from awa_infra.reports.sarif import sarif  # noqa: PLC0415  rarely used

        return sarif(observed, release, found, None if config is None else config.as_posix(), __version__)
    if kind == "prometheus":
        from awa_infra.reports.prometheus import prometheus  # noqa: PLC0415  an optional package

        return prometheus(observed, release, found, time.time())
    from awa_infra.reports.data import verification_data  # noqa: PLC0415  most reports are text

    data = verification_data(observed, release, found, report, plan)
    return json.dumps({"json_version": JSON_VERSION, **data}, indent=2) + "\n"


def write_report(text: str, output: Path | None) -> None:
    """Write a report to a file, whole or not at all, or to standard output."""
    if output is None:
        click.echo(text, nl=False)
    else:
        write_text(output, text)


@dataclass
class FailureDocument:
    """Write that nothing could be checked, in the format that was chosen, if the command fails.

    Attributes:
        kind: the format.
        output: file that it is written to; ``None`` is standard output.
        database: name of the database, once it is known.
        release: name of the Awa release, once it is known.
    """

    kind: str
    output: Path | None
    database: str = ""
    release: str = ""

    def __call__(self, error: AwaInfraError) -> None:
        """Write it. An error in writing is shown beside the failure, whose exit status stays."""
        try:
            write_report(self._text(error), self.output)
        except AwaInfraError as second:
            print_failure(second)

    def _text(self, error: AwaInfraError) -> str:
        data = error_data(error)
        if self.kind == JSON:
            return json.dumps({"json_version": JSON_VERSION, "error": data}, indent=2) + "\n"
        from awa_infra.reports.items import Unchecked  # noqa: PLC0415  imports a parser of YAML

        texts = {key: data[key] for key in ("code", "message", "hint", "exit_status")}
        unchecked = Unchecked(self.database, self.release, details=tuple(data["details"]), **texts)
        if self.kind == "junit":
            from awa_infra.reports.junit import junit_unchecked  # noqa: PLC0415  an optional package

            return junit_unchecked(unchecked)
        if self.kind == "sarif":
            from awa_infra.reports.sarif import sarif_unchecked  # noqa: PLC0415  rarely used

            return sarif_unchecked(unchecked, __version__)
        from awa_infra.reports.prometheus import prometheus_unchecked  # noqa: PLC0415  an optional package

        return prometheus_unchecked(unchecked, time.time())


def _require_packages(kind: str) -> None:
    try:
        if kind == "junit":
            import junitparser  # noqa: F401, PLC0415  an extra
        elif kind == "prometheus":
            import prometheus_client  # noqa: F401, PLC0415  an extra
    except ImportError as exc:
        raise ConfigurationError(
            f"--format {kind} needs the Python package {exc.name}, which is not installed here.",
            hint="Install it: pip install 'awa-infra[formats]'.",
        ) from exc


def _require_ours(path: Path, kind: str) -> None:
    refuse_devices(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as exc:
        raise ConfigurationError(f"Cannot read {path}: {exc.strerror}.", hint="Name another file.") from exc
    if content and _SIGNS[kind] not in content:
        raise NotOursError(
            f"File {path} exists, and is no {kind} report of awa-infra verify.", hint="Name another file, or remove it."
        )
