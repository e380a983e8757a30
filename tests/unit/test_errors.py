from __future__ import annotations

import pytest

from awa_infra import errors
from awa_infra.errors import AwaInfraError, BlockedError, ConfigurationError, SqlFailedError


def every_failure() -> list[type[AwaInfraError]]:
    found = [AwaInfraError]
    for kind in found:
        found += kind.__subclasses__()
    return [kind for kind in found if kind.__module__ == errors.__name__]


def test_a_failure_reads_as_one_line_with_everything_that_is_known() -> None:
    error = SqlFailedError(
        "Step V002 failed", hint="Look at the log.", details=["one thing", "another"], sqlstate="42883"
    )
    assert str(error) == (
        "Step V002 failed (SQLSTATE 42883) (1) one thing (2) another Hint: Look at the log. [sql-failed]"
    )


def test_what_is_not_known_about_a_failure_leaves_no_trace() -> None:
    assert str(ConfigurationError("There is no database URL.")) == "There is no database URL. [config-invalid]"


def test_a_failure_keeps_its_parts() -> None:
    error = ConfigurationError("wrong", hint="correct it", details=["a", "b"])
    assert (error.message, error.hint, error.details, error.sqlstate) == ("wrong", "correct it", ("a", "b"), None)
    assert error.args == ("wrong",)


def test_a_failure_as_lines_has_its_code_first_and_its_hint_on_a_line_of_its_own() -> None:
    error = SqlFailedError(
        "Step V002 failed", hint="Look at the log.", details=["one thing", "another"], sqlstate="42883"
    )
    assert error.report().splitlines() == [
        "Step V002 failed (SQLSTATE 42883) [sql-failed]",
        "  - one thing",
        "  - another",
        "Hint: Look at the log.",
    ]
    assert ConfigurationError("There is no database URL.").report() == "There is no database URL. [config-invalid]"


def test_several_gates_as_lines_have_the_form_of_a_single_one() -> None:
    gates = [BlockedError("No way back.", hint="Restore.", gate="downgrade"), BlockedError("Too old.", gate="old")]
    several = BlockedError("2 conditions do not hold.", parts=gates)
    assert several.report().splitlines() == [
        "2 conditions do not hold. [blocked]",
        *gates[0].report().splitlines(),
        "Too old. [old]",
    ]


def test_a_blocked_plan_has_the_code_of_its_only_gate() -> None:
    assert BlockedError("no", gate="downgrade").code == "downgrade"
    assert BlockedError("no").code == "blocked"
    assert BlockedError.code == "blocked"


@pytest.mark.parametrize("kind", every_failure(), ids=lambda kind: kind.__name__)
def test_every_failure_is_documented_and_has_a_status_that_is_neither_success_nor_pending(
    kind: type[AwaInfraError],
) -> None:
    assert kind.__doc__
    assert kind.exit_status not in {0, 1}


def test_no_two_failures_share_a_code() -> None:
    codes = [kind.code for kind in every_failure()]
    assert len(codes) == len(set(codes))
    assert all(code.replace("-", "").isalpha() and code.islower() for code in codes)


def test_scripts_can_rely_on_the_exit_statuses() -> None:
    assert {kind.__name__: kind.exit_status for kind in every_failure()} == {
        "ConfigurationError": 2,
        "OwnProgramError": 2,
        "NotConfirmedError": 2,
        "BundleError": 2,
        "BlockedError": 3,
        "StalePlanError": 3,
        "ForeignResourcesError": 3,
        "ProtectedResourcesError": 3,
        "PreviewOnlyError": 3,
        "NotOursError": 3,
        "SignatureError": 3,
        "SignatureMissingError": 3,
        "SignatureToolError": 3,
        "SignerUnknownError": 3,
        "ConnectionFailedError": 4,
        "DatabaseMissingError": 4,
        "LocalServerError": 4,
        "NoTestServerError": 4,
        "LockTimeoutError": 5,
        "CommitUnknownError": 6,
        "CancelledError": 6,
        "SqlFailedError": 6,
        "RoleRefusedError": 6,
        "ReleaseError": 7,
        "ReleaseTooOldError": 7,
        "ReleaseModifiedError": 7,
        "EngineError": 8,
        "OutputError": 74,
        "InterruptionError": 130,
        "TerminationError": 143,
        "AwaInfraError": 70,
    }
