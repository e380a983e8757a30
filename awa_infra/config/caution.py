"""What to warn of in a stack configuration that is right: passwords in clear, and keys that only Pulumi reads."""

from __future__ import annotations

import re
from collections.abc import Mapping

from awa_infra.config.loader import UNREADABLE, Loader, mapping_of
from awa_infra.spec.rules import PASSWORDS
from awa_infra.spec.stack import PREFIX, StackConfig
from awa_infra.spec.values import Encrypted

_PASSWORD_IN_URL = re.compile(r"://[^/?#@]*:[^@]+@|\bpassword\s*=")


def keys_in_clear(secrets: Mapping[str, str | Encrypted]) -> list[str]:
    """Return the keys of passwords that are not encrypted, those in a connection string included; by key, as given."""
    texts = {key: value for key, value in secrets.items() if isinstance(value, str)}
    return [key for key, value in texts.items() if key in PASSWORDS or _PASSWORD_IN_URL.search(value)]


def clear_warning(secrets: Mapping[str, str | Encrypted], source: str) -> str:
    """Return a warning about passwords that are not encrypted, with the command that encrypts; empty if all are."""
    keys = [f"{PREFIX}{key}" for key in keys_in_clear(secrets)]
    if not keys:
        return ""
    what = "a password" if len(keys) == 1 else "passwords"
    return (
        f"{source} has {what} in clear, in {' and '.join(keys)}. "
        f"Hint: Encrypt with pulumi config set --secret {keys[0]}, and change what others could read."
    )


def environment_warning(text: str, source: str) -> str:
    """Return a warning that keys may be missing here which environments of Pulumi ESC give the stack; empty if none do.

    The text is that of a ``Pulumi.<stack>.yaml``, the source its name.
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


def warnings(text: str, config: StackConfig, source: str) -> list[str]:
    """Return what to warn of in the text of a file, and in the configuration that it declares."""
    found = clear_warning(config.secrets(), source), environment_warning(text, source)
    return [warning for warning in found if warning]
