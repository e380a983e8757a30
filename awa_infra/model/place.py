"""Which database this is: by what identifies it, and as one line that is kept and that people can read. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

_WRITTEN = re.compile(r"(?P<where>.+) \(oid (?P<oid>\d+)(?:, system (?P<system>\d+))?\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DatabaseIdentity:
    """Identify one database, whatever its name and address.

    Attributes:
        name: of the database.
        oid: of the database in its server; a restored one has another.
        system: identifier of the server's data, as ``pg_control_system()`` has it; ``None`` where the role may not ask.
    """

    name: str
    oid: int
    system: str | None = None

    def is_another_than(self, other: DatabaseIdentity) -> bool:
        """Whether the two are known to be different databases."""
        systems = {self.system, other.system} - {None}
        return (self.name, self.oid) != (other.name, other.oid) or len(systems) > 1


class Same(Enum):
    """Whether two places are one database."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Place:
    """One database, by its address and by what identifies it whatever its address.

    Attributes:
        where: name of the database and address of the server, without a login: ``jobs at db.example:5432``.
        oid: of the database in its server; a database that was made anew or restored from a dump has another.
        system: identifier of the server's data, which a physical copy keeps; ``None`` where the role may not ask.
    """

    where: str
    oid: int
    system: str | None = None

    @staticmethod
    def of(text: object) -> Place | None:
        """Return the place of a line that was kept; ``None`` for anything else, as where none was kept."""
        found = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
        return None if found is None else Place(found["where"], int(found["oid"]), found["system"])

    def __str__(self) -> str:
        """Return the line that is kept."""
        system = f", system {self.system}" if self.system else ""
        return f"{self.where} (oid {self.oid}{system})"

    def has_other_data(self, other: Place) -> bool:
        """Whether the two are one name, address and number, on data of a server with other identifiers.

        ``pg_upgrade`` keeps the number of a database (from PostgreSQL 15 on), and its new server has a new identifier.
        """
        return (self.where, self.oid) == (other.where, other.oid) and self.same_as(other) is Same.NO

    def same_as(self, other: Place) -> Same:
        """Return whether the two are one database.

        Without both identifiers of a server's data, the same address and oid count as one database, and another oid
        as another one. The same oid at another address may be either: many servers number their databases alike.
        """
        if self.oid != other.oid:
            return Same.NO
        if self.system and other.system:
            return Same.YES if self.system == other.system else Same.NO
        return Same.YES if self.where == other.where else Same.UNKNOWN
