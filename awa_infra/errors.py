"""Every failure that a user can see, as one hierarchy.

A *finding* (a pending version, a gate that blocks, drift) is a value and is returned; a *failure* is
one of these exceptions. Each carries a stable ``code`` (a section of ``docs/reference/errors.md``), a
message that names the object, a ``hint`` that says what to do, and the exit status of the command line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


def reported(message: str, code: str, hint: str = "", *, details: Sequence[str] = ()) -> str:
    """Return what every failure, gate and refused input looks like to people, in lines: details, then the hint."""
    hint_line = (f"Hint: {hint}",) if hint else ()
    return "\n".join([f"{message} [{code}]", *(f"  - {detail}" for detail in details), *hint_line])


class AwaInfraError(Exception):
    """Something could not be done.

    Attributes:
        code: stable identifier, also the anchor of the section in the error reference.
        exit_status: what ``awa-infra`` exits with.
        message: one line that names the object.
        hint: one line that says what to do; may be empty.
        details: one line for each of several problems, where there are several.
        sqlstate: the five characters of PostgreSQL's error, where it was one.
        retryable: whether the same transaction may succeed when it is tried again.
    """

    code: str = "internal"
    exit_status: ClassVar[int] = 70

    def __init__(
        self, message: str, *, hint: str = "", details: Sequence[str] = (), sqlstate: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = tuple(details)
        self.sqlstate = sqlstate
        self.retryable = False

    @property
    def headline(self) -> str:
        """The message, with the five characters of PostgreSQL's error where it was one."""
        return self.message + (f" (SQLSTATE {self.sqlstate})" if self.sqlstate else "")

    def report(self) -> str:
        """Return everything in lines: what, with the code, then each detail, then what to do."""
        return reported(self.headline, self.code, self.hint, details=self.details)

    def __str__(self) -> str:
        """Return everything as one line, with the code, for logs."""
        listed = "".join(f" ({number}) {detail}" for number, detail in enumerate(self.details, start=1))
        hint = f" Hint: {self.hint}" if self.hint else ""
        return f"{self.headline}{listed}{hint} [{self.code}]"


class ConfigurationError(AwaInfraError):
    """A stack configuration or an option is not usable; nothing was done."""

    code = "config-invalid"
    exit_status = 2


class OwnProgramError(ConfigurationError):
    """The Pulumi project has a program of its own, which another one must not replace; nothing was run."""

    code = "project-has-program"


class NotConfirmedError(AwaInfraError):
    """A deletion or replacement was not confirmed; nothing was done."""

    code = "not-confirmed"
    exit_status = 2


class ReleaseError(AwaInfraError):
    """The Awa release that is installed cannot be used."""

    code = "release-unusable"
    exit_status = 7


class ReleaseTooOldError(ReleaseError):
    """The Awa release is below the floor under which awa-infra would be unsafe."""

    code = "release-too-old"


class ReleaseModifiedError(ReleaseError):
    """A migration's text is not the one that this Awa release shipped."""

    code = "release-modified"


class BlockedError(AwaInfraError):
    """One or more gates block; nothing was written. With a single gate the code is that of the gate.

    Attributes:
        parts: one error for each gate, where several block.
    """

    code = "blocked"
    exit_status = 3

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        gate: str | None = None,
        parts: Sequence[BlockedError] = (),
    ) -> None:
        super().__init__(message, hint=hint, details=[str(part) for part in parts])
        self.parts = tuple(parts)
        if gate is not None:
            self.code = gate

    def report(self) -> str:
        """Return everything in lines; several gates each in the form that a single one has."""
        if not self.parts:
            return super().report()
        return "\n".join([f"{self.message} [{self.code}]", *(part.report() for part in self.parts)])


class PreviewOnlyError(BlockedError):
    """An engine that is only to preview was about to write; nothing was written."""

    code = "preview-only"


class ForeignResourcesError(AwaInfraError):
    """The stack holds resources that this run would not declare, and would therefore delete; nothing was run."""

    code = "foreign-resources"
    exit_status = 3


class ProtectedResourcesError(AwaInfraError):
    """The stack holds protected resources, so Pulumi would stop half-way; nothing was run."""

    code = "protected-resources"
    exit_status = 3


class StalePlanError(AwaInfraError):
    """The database changed between planning and applying; nothing was written."""

    code = "stale-plan"
    exit_status = 3


class SignatureError(AwaInfraError):
    """The signature of a plan file does not hold; the database was not connected to."""

    code = "signature-invalid"
    exit_status = 3


class SignatureMissingError(SignatureError):
    """A plan file must be signed, and there is no signature."""

    code = "signature-missing"


class SignerUnknownError(SignatureError):
    """No allowed signer has signed the plan file."""

    code = "signer-unknown"


class SignatureToolError(SignatureError):
    """The program that checks signatures is missing, or gave no answer."""

    code = "signature-unchecked"


class ConnectionFailedError(AwaInfraError):
    """The database could not be reached or refused the login."""

    code = "connection-failed"
    exit_status = 4


class DatabaseMissingError(ConnectionFailedError):
    """The server answers, but the database is proven not to exist (SQLSTATE 3D000)."""

    code = "database-missing"


class LocalServerError(AwaInfraError):
    """A PostgreSQL server of this machine could not be started, stopped or found; databases are as they were."""

    code = "local-server"
    exit_status = 4


class NoTestServerError(LocalServerError):
    """There is no PostgreSQL server to make databases for tests on."""

    code = "no-test-server"


class NotOursError(AwaInfraError):
    """Something of that name exists that awa-infra did not make; it is left as it is."""

    code = "not-ours"
    exit_status = 3


class LockTimeoutError(AwaInfraError):
    """Another session held Awa's migration lock, a table lock, or a lock of test runs, for longer than allowed."""

    code = "lock-timeout"
    exit_status = 5


class SqlFailedError(AwaInfraError):
    """A statement failed; the transaction was rolled back and the database is as it was."""

    code = "sql-failed"
    exit_status = 6


class RoleRefusedError(SqlFailedError):
    """The login may not act as the given role, or there is no such role."""

    code = "role-refused"


class CommitUnknownError(AwaInfraError):
    """The connection was lost while the server committed: either all of it is there or nothing."""

    code = "commit-unknown"
    exit_status = 6


class CancelledError(AwaInfraError):
    """A statement was cancelled; the transaction was rolled back and the database is unchanged."""

    code = "cancelled"
    exit_status = 6


class BundleError(AwaInfraError):
    """A bundle could not be written to its target, which is as it was."""

    code = "bundle-refused"
    exit_status = 2


class OutputError(AwaInfraError):
    """What a command prints could not be written, for example because the disk is full."""

    code = "output-failed"
    exit_status = 74


class InterruptionError(AwaInfraError):
    """The command was interrupted (Ctrl-C); what was not committed was rolled back."""

    code = "interrupted"
    exit_status = 130


class TerminationError(InterruptionError):
    """The command was asked to end (SIGTERM); what was not committed was rolled back."""

    code = "terminated"
    exit_status = 143


class EngineError(AwaInfraError):
    """The Pulumi engine is missing, too old, or reported a failure."""

    code = "engine-failed"
    exit_status = 8
