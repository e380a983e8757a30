"""A verification as SARIF 2.1.0, for pages of code scanning: a rule for each code, a result for each finding.

The document is small and made here. sarif-om is without a release since 2019, and sarif-pydantic 0.6 has keys that the
format does not know; tests hold what is made here against the JSON schema of the format.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, get_args
from urllib.parse import quote

from awa_infra.explain import sections
from awa_infra.model import ObservedState
from awa_infra.reports.items import Unchecked, lines_of, text_of
from awa_infra.verification.drift import Examination
from awa_infra.verification.findings import Finding, FindingCode, FindingKind

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_CODES: list[FindingCode] = sorted(get_args(FindingCode))
_SENTENCE_END = re.compile(r"(?<!\.)\. ")
"""Not the last of three dots, which stand for a part of a statement."""

_LEVELS = {FindingKind.UNKNOWN: "warning", FindingKind.RUNTIME_CREATED: "note"}


def sarif(observed: ObservedState, release: str, found: Examination, config: str | None, made_by: str) -> str:
    """Return the document, made by a version of awa-infra.

    A page of code scanning shows the results at a file: the stack configuration, or without one the name of the
    database.
    """
    uri = quote(config or f"database/{observed.database}", safe="/")
    run = {
        **_start(observed.database, made_by),
        "invocations": [{"executionSuccessful": True}],
        "results": [_result(observed.database, uri, finding) for finding in found.findings],
        "properties": {
            "database": observed.database,
            "release": release,
            "schemaVersion": observed.version,
            "healthy": found.healthy,
            "compared": not found.unknown,
        },
    }
    return _document(run)


def sarif_unchecked(unchecked: Unchecked, made_by: str) -> str:
    """Return the document of a verification that could not be made.

    It has no ``results``: an empty list would say that nothing was found, and a page of code scanning would close
    everything that earlier runs found.
    """
    notification = {
        "descriptor": {"id": unchecked.code},
        "level": "error",
        "message": {"text": "\n".join(unchecked.lines())},
    }
    invocation = {
        "executionSuccessful": False,
        "exitCode": unchecked.exit_status,
        "toolExecutionNotifications": [notification],
    }
    properties = {"database": unchecked.database, "release": unchecked.release, "healthy": False, "compared": False}
    return _document({**_start(unchecked.database, made_by), "invocations": [invocation], "properties": properties})


def _start(database: str, made_by: str) -> dict[str, Any]:
    driver = {"name": "awa-infra", "version": made_by, "rules": [_rule(code) for code in _CODES]}
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"awa-infra/verify/{database}/"},
        "columnKind": "unicodeCodePoints",
    }


def _document(run: dict[str, Any]) -> str:
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: FindingCode) -> dict[str, Any]:
    section = next(section for section in sections()[code] if section.group == "findings")
    return {
        "id": code,
        "shortDescription": {"text": _SENTENCE_END.split(section.happened, maxsplit=1)[0].rstrip(".") + "."},
        "fullDescription": {"text": section.happened},
        "help": {"text": section.do, "markdown": section.do},
    }


def _result(database: str, uri: str, finding: Finding) -> dict[str, Any]:
    _, *more = lines_of(finding)
    place = {
        "physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": 1}},
        "logicalLocations": [
            {
                "name": finding.object,
                "fullyQualifiedName": f"{database}.{finding.schema}.{finding.object}",
                "kind": finding.part,
            }
        ],
    }
    identity = "\n".join((database, *finding.identity))
    return {
        "ruleId": finding.code,
        "ruleIndex": _CODES.index(finding.code),
        "level": _LEVELS.get(finding.kind, "error"),
        "message": {"text": "\n".join((f"{finding.schema}: {text_of(finding)}", *more))},
        "locations": [place],
        "partialFingerprints": {"awaFinding/v1": hashlib.sha256(identity.encode()).hexdigest()},
        "properties": {"schema": finding.schema, "kind": finding.kind.value, "repairable": finding.repairable},
    }
