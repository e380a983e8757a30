"""Read what a migration tool remembers of a bundle. Reads only."""

from __future__ import annotations

import re

from awa_infra import sqltext
from awa_infra.database.reading import reading
from awa_infra.database.session import read_transaction
from awa_infra.model import History, HistoryRow


def read_history(url: str, form: str) -> History:
    """Return what a database has run of a bundle in this format.

    Without a query of its own the format's tool has no history but Awa's table.
    """
    own = f"history_{form.replace('-', '_')}"
    query = sqltext.load(f"bundle/{own if own in sqltext.names('bundle') else 'history_awa'}.sql")
    needs = re.search(r"^-- needs: (\S+)$", query, re.MULTILINE)
    table = needs.group(1) if needs else ""
    with reading(url, "Reading the history") as connection, read_transaction(connection):
        there = connection.execute(
            "SELECT current_database() AS database, to_regclass(%s) IS NOT NULL AS there", [table]
        ).fetchone()
        database = there["database"] if there else ""
        if not there or not there["there"]:
            return History(database, None)
        rows = connection.execute(query.encode()).fetchall()
    return History(database, tuple(HistoryRow(**row) for row in rows))
