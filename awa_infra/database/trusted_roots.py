"""Have ``sslrootcert=system`` mean the certificates that this machine trusts.

The OpenSSL in psycopg's wheels looks for them in ``/usr/lib/psycopg-openssl``, which no machine has: where it is told
no other place, every server would be refused. So the file that has them takes the word's place.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from psycopg import conninfo, pq

from awa_infra.database.target import Target

SYSTEM: Final = "system"
STRICT: Final = "verify-full"

FILES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # RHEL, Fedora, Amazon Linux
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS
)
"""Where systems keep the certificates of the authorities that they trust, in one file."""


def connection_string(target: Target, **defaults: str) -> str:
    """Return what to connect with, as :meth:`Target.connection_string` does; see above.

    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` tell OpenSSL another place. A weaker ``sslmode`` than ``verify-full`` is left
    to PostgreSQL's library, which refuses it together with ``system``.
    """
    return conninfo.make_conninfo(target.connection_string(**defaults), **_roots(target))


def _roots(target: Target) -> dict[str, str]:
    asked = target.parameters.get("sslrootcert", os.environ.get("PGSSLROOTCERT"))
    mode = target.parameters.get("sslmode", os.environ.get("PGSSLMODE", STRICT))
    elsewhere = {"SSL_CERT_FILE", "SSL_CERT_DIR"} & os.environ.keys()
    if asked != SYSTEM or mode != STRICT or elsewhere or pq.__impl__ != "binary":
        return {}
    found = next((file for file in FILES if Path(file).is_file()), None)
    return {"sslrootcert": found, "sslmode": STRICT} if found else {}
