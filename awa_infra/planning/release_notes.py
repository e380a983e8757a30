"""Say that awa-infra does not know a release. Pure."""

from __future__ import annotations

from awa_infra.model import Note, Provenance, Release

UNKNOWN_RELEASE = "release-unknown"
"""Code of the note, of the finding of verify and of the check of doctor about the same."""


def release_notes(release: Release) -> tuple[Note, ...]:
    """Return a note if the release is not one whose texts and facts awa-infra has."""
    if release.provenance is Provenance.KNOWN:
        return ()
    return (
        Note(
            "release-unknown",
            f"This awa-infra does not know Awa {release.name}: it cannot compare its SQL with what was published, and "
            "has no measured locks of what is new in it. Upgrade awa-infra, or try it on a copy first; "
            "awa-infra verify --reference compares the result.",
        ),
    )
