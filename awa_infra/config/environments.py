"""Say where a stack takes values from Pulumi ESC, which only Pulumi reads."""

from __future__ import annotations

from awa_infra.config.loader import UNREADABLE, Loader, mapping_of


def environment_warning(text: str, source: str) -> str:
    """Return a warning that keys may be missing here which environments of Pulumi ESC give the stack; empty if none do.

    Args:
        text: of a ``Pulumi.<stack>.yaml``.
        source: its name.
    """
    if "environment" not in text:
        return ""  # reading a thousand schemas a second time takes a tenth of a second
    try:
        loader = Loader(text)
        document = mapping_of(loader, loader.get_single_node()) or {}
        found = loader.construct_document(document["environment"]) if "environment" in document else None
    except UNREADABLE:
        return ""
    if not found:
        return ""
    return (
        f"{source} takes values from environments of Pulumi ESC, which only Pulumi reads: keys awa:* that one of them "
        "gives are missing here. Hint: Write those keys into the file, or use pulumi preview and pulumi up."
    )
