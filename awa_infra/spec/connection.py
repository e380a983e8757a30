"""Inputs that several resources have: where the database is, which role to act as, how long to wait."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from awa_infra.model import LOCK_TIMEOUT, LOCK_WAIT
from awa_infra.spec.base import Inputs, Outputs
from awa_infra.spec.values import SECRET, ActingRole, Seconds, Url


class Connected(Inputs):
    """Where the database is."""

    database_url: Annotated[Url, SECRET] = Field(
        description="Connection string of the database; always kept as a secret."
    )


class Acting(Inputs):
    """As whom to act."""

    role: ActingRole | None = Field(
        None, description="Become this role for the transaction, so that it owns what is made. Default: none."
    )


class Waiting(Inputs):
    """How long to wait for locks."""

    lock_timeout: Seconds = Field(
        LOCK_TIMEOUT,
        description="Seconds to keep trying for table locks, in short waits with everything rolled back in between; 0 "
        "tries for ever.",
    )
    lock_wait: Seconds = Field(LOCK_WAIT, description="Seconds to wait for another migration to finish.")


class Placed(Outputs):
    """Which database it is in."""

    database_identity: str = Field(
        description="The database where it was last applied: its name and server, its oid, and the identifier of the "
        "server's data where the role may read that. A queue-storage schema is dropped in no other database."
    )
