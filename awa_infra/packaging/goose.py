"""The goose bundle: numbered files, each one statement in goose's words. Tested with goose 3.27.3."""

from __future__ import annotations

from awa_infra.model import Step
from awa_infra.packaging.contents import Contents, Format
from awa_infra.packaging.numbered import beside, stems, unwrapped, wrapped

# Without these goose would split at the semicolons of function bodies.
_BEGIN = b"-- +goose Up\n-- +goose StatementBegin\n"
_END = b"\n-- +goose StatementEnd\n"


def paths(contents: Contents) -> dict[str, str]:
    """Return the path of every step's file."""
    return {key: f"migrations/{stem}.sql" for key, stem in stems(contents).items()}


def files(contents: Contents) -> dict[str, bytes]:
    """Return what goose cannot run by itself."""
    return beside(contents, "goose")


def _wrapped(contents: Contents, step: Step) -> bytes:
    return _BEGIN + wrapped(contents, step) + _END


def _unwrapped(content: bytes) -> str:
    return unwrapped(content.removesuffix(_END))


GOOSE = Format("goose", "goose", paths, files, wrap=_wrapped, text_of=_unwrapped, appends=True, asks=False)
