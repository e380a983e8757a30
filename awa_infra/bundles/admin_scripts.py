"""Write ``roles.sql`` and ``guard.sql``: what an administrator runs, apart from the files that the tool runs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from awa_infra import sqltext
from awa_infra.bundles.contents import ADMINISTRATORS, Contents
from awa_infra.bundles.preflight import preflight, refusal
from awa_infra.model import Roles, Step, StepKind
from awa_infra.planning.session import opening

ROLES_FILE = "roles.sql"

_BEFORE_ROLES = frozenset({"read-only", "role-too-powerful", "schema-other-owner"})
"""Conditions under which the roles that are declared would be wrong, or could not be given what they need."""

_HEADER = """\
-- Once per database, before the first run of this bundle, by an administrator (a superuser, or a role with CREATEROLE
-- that may grant on the database). What exists is not changed, so it can be run again:
--
--     psql -X -v ON_ERROR_STOP=1 -h HOST -U ADMINISTRATOR -d DATABASE -f roles.sql
--
-- It sets no passwords: use \\password in psql afterwards, for every role that logs in. An administrator who is no
-- superuser is a member of the owner afterwards, and may act as it. The last lines show what there is now, and the
-- REVOKE that ends the membership. Another run of this file grants it again, for it needs it.
\\set ON_ERROR_STOP on
"""


GUARD_FILE = "guard.sql"

_GUARD_HEADER = """\
-- Once per database, before or after the other files, by a superuser (on a managed service by its administrator). It
-- can be run again:
--
--     psql -X -v ON_ERROR_STOP=1 -h HOST -U ADMINISTRATOR -d DATABASE -f guard.sql
--
\\set ON_ERROR_STOP on
"""


def guard_script(contents: Contents) -> dict[str, bytes]:
    """Return the script that guards the schemas by its path; nothing if none is to be guarded."""
    return _script(GUARD_FILE, _GUARD_HEADER, contents, contents.of(StepKind.GUARD))


def roles_script(contents: Contents) -> dict[str, bytes]:
    """Return the script by its path; nothing if no roles are declared."""
    roles = contents.desired.roles
    if roles is None:
        return {}
    steps = [step for step in contents.plan.steps if step.kind in ADMINISTRATORS - {StepKind.GUARD}]
    # In a transaction of its own: the conditions may be read as the owner, who may not create roles.
    begun = opening(contents.waits.lock_timeout, only_reads=True)
    asked = f"{preflight(contents, only=_BEFORE_ROLES)}\n{refusal('Nothing was changed.')}"
    checked = f"BEGIN;\n{begun}\n{asked}\nCOMMIT;\n\n"
    return _script(ROLES_FILE, _HEADER, contents, steps, checked=checked, end=f"COMMIT;\n\n{_summary(roles, contents)}")


def _summary(roles: Roles, contents: Contents) -> str:
    """Return the query of what is there after the commit, in a transaction of its own: it has the settings, too."""
    duties = [{"duty": duty, "name": name} for duty, name in roles.duties().items()] + [{"duty": "ran this"}]
    text = sqltext.render("bundle/roles_summary.sql", owner=roles.owner, duties=json.dumps(duties, ensure_ascii=False))
    begun = opening(contents.waits.lock_timeout, only_reads=True)
    return f"BEGIN;\n{begun}\n{text.rstrip()};\nCOMMIT;\n"


def _script(
    path: str, header: str, contents: Contents, steps: Sequence[Step], *, checked: str = "", end: str = "COMMIT;\n"
) -> dict[str, bytes]:
    if not steps:
        return {}
    texts = [f"-- {sqltext.one_line(step.title)}\n{step.sql.rstrip().removesuffix(';')};\n" for step in steps]
    begun = f"BEGIN;\n{opening(contents.waits.lock_timeout)}"
    return {path: "\n".join([header, f"{checked}{begun}", *texts, end]).encode()}
