"""Find passwords that are not encrypted in a stack configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping

from awa_infra.spec.rules import PASSWORDS
from awa_infra.spec.stack import PREFIX
from awa_infra.spec.values import Encrypted

_PASSWORD_IN_URL = re.compile(r"://[^/?#@]*:[^@]+@|\bpassword\s*=")


def keys_in_clear(secrets: Mapping[str, str | Encrypted]) -> list[str]:
    """Return the keys of passwords that are not encrypted, those in a connection string included.

    Args:
        secrets: what is given for the keys of secrets, without their namespace.
    """
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
