"""A verification as JUnit XML, which every server of continuous integration reads: a test for each thing verified."""

from __future__ import annotations

import re

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from awa_infra.model import ObservedState
from awa_infra.reports.items import Item, Outcome, Unchecked, items, lines_of, text_of
from awa_infra.verification.drift import Examination

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write; the name of an object may have it."""


def junit(observed: ObservedState, release: str, found: Examination) -> str:
    """Return the document: a suite for each schema, in it a test for each thing that was verified."""
    document = JUnitXml("awa-infra verify")
    suites: dict[str, TestSuite] = {}
    for item in items(found):
        if item.schema not in suites:
            suite = suites[item.schema] = TestSuite(_xml(f"{observed.database}.{item.schema}"))
            for name, value in (("database", observed.database), ("release", release), ("version", observed.version)):
                suite.add_property(name, _xml(str(value)))
            document.add_testsuite(suite)
        suites[item.schema].add_testcase(_case(observed.database, item))
    return _written(document)


def junit_unchecked(unchecked: Unchecked) -> str:
    """Return the document of a verification that could not be made: one test, with an error."""
    document = JUnitXml("awa-infra verify")
    where = ".".join(filter(None, ("awa", unchecked.database)))
    case = TestCase("verify", classname=_xml(where), time=0)
    error = Error(_xml(unchecked.message), unchecked.code)
    error.text = _xml("\n".join(unchecked.lines()))
    case.result = [error]
    suite = TestSuite(_xml(unchecked.database or "awa"))
    for name, value in (("database", unchecked.database), ("release", unchecked.release)):
        if value:
            suite.add_property(name, _xml(value))
    suite.add_testcase(case)
    document.add_testsuite(suite)
    return _written(document)


def _written(document: JUnitXml) -> str:
    # Only now: a suite is counted when it is complete.
    for suite in document:
        suite.update_statistics()  # type: ignore[no-untyped-call]
    document.update_statistics()  # type: ignore[no-untyped-call]
    text: bytes = document.tostring()  # type: ignore[no-untyped-call]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text.decode()}\n'


def _case(database: str, item: Item) -> TestCase:
    case = TestCase(item.name, classname=_xml(f"awa.{database}.{item.schema}"), time=0)
    if item.outcome is not Outcome.PASSED:
        first, rest = item.findings[0], len(item.findings) - 1
        message = _xml(text_of(first) + (f" (and {rest} more)" if rest else ""))
        result = (Failure if item.outcome is Outcome.FAILED else Skipped)(message, first.code)
        result.text = _xml("\n".join(line for finding in item.findings for line in lines_of(finding)))
        case.result = [result]
    return case


def _xml(text: str) -> str:
    return _NOT_XML.sub("?", text)
