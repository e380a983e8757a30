"""``roles.sql``: what only an administrator may do, beside the files that the tool runs as somebody else."""

from __future__ import annotations

from awa_infra import sqltext
from awa_infra.packaging.contents import ADMINISTRATORS, Contents

ROLES_FILE = "roles.sql"

_HEADER = """\
-- Once per database, before the first run of this bundle, by an administrator (a superuser, or a role with CREATEROLE
-- that may grant on the database). What is there already is left as it is, so it can be run again:
--
--     psql -X -v ON_ERROR_STOP=1 -h HOST -U ADMINISTRATOR -d DATABASE -f roles.sql
--
-- It sets no passwords: use \\password in psql afterwards, for every role that logs in.
\\set ON_ERROR_STOP on
BEGIN;
"""


def roles_script(contents: Contents) -> dict[str, bytes]:
    """Return the script by its path; nothing if no roles are declared."""
    steps = [step for step in contents.plan.steps if step.kind in ADMINISTRATORS]
    if not steps:
        return {}
    texts = [f"-- {sqltext.one_line(step.title)}\n{step.sql.rstrip().removesuffix(';')};\n" for step in steps]
    return {ROLES_FILE: "\n".join([_HEADER, *texts, "COMMIT;\n"]).encode()}
