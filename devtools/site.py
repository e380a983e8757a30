"""Build the documentation site, look at it, and lay it among its other versions.

``make site`` builds ``build/site``; ``make site-serve`` shows it. ``--into`` is for the workflow that publishes it.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.version import InvalidVersion, Version

from devtools import site_settings
from devtools.progress import ToolError, note, run_cli, tail

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "build" / "site"
DEV = "dev"
"""The folder of what is on the main branch."""
FOLDER = re.compile(r"[0-9][0-9A-Za-z.]*|dev")
"""A name that a folder of a version may have."""


def build(out: Path = SITE, variables: Mapping[str, str] | None = None) -> Path:
    """Build the site anew and return its folder. Every warning is an error.

    Args:
        out: where to; what was there is replaced.
        variables: those of ``devtools.site_settings``.

    Raises:
        ToolError: what Sphinx says, if it says anything.
    """
    words = [
        "-b",
        "html",
        "--fresh-env",
        "--fail-on-warning",
        "--keep-going",
        "--nitpicky",
        "--quiet",
        "--jobs",
        "auto",
    ]
    kept = {key: value for key, value in os.environ.items() if key not in site_settings.VARIABLES}
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{out.name}-", dir=out.parent) as work:
        made, seen = Path(work) / "site", Path(work) / "doctrees"
        done = subprocess.run(
            [sys.executable, "-m", "sphinx", *words, "--doctree-dir", str(seen), "docs", str(made)],
            cwd=ROOT,
            env={**kept, **(variables or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ToolError(f"the site cannot be built:\n{tail(done.stdout + done.stderr, 40)}")
        # Tells hosts of pages not to leave out folders whose names begin with an underscore.
        (made / ".nojekyll").touch()
        (made / ".buildinfo").unlink(missing_ok=True)
        shutil.rmtree(out, ignore_errors=True)
        made.rename(out)
    return out


def ordered(names: Iterable[str]) -> list[str]:
    """Return folders of versions, the newest first; what is on the main branch comes last."""
    found = []
    for name in names:
        try:
            found.append((Version(name), name))
        except InvalidVersion:
            continue
    return [name for _, name in sorted(found, reverse=True)] + [name for name in names if name == DEV]


def newest(names: Iterable[str]) -> str | None:
    """Return the newest release, else the newest pre-release; none if there is only the main branch."""
    releases = [name for name in ordered(names) if name != DEV]
    final = [name for name in releases if not Version(name).is_prerelease]
    return next(iter(final or releases), None)


def lay(site: Path, version: str, folder: Path) -> None:
    """Put a built site among the other versions in a folder, and write what leads from one to the others.

    Args:
        site: a folder that ``build`` made.
        version: its folder's name; a folder of that name is replaced.
        folder: of all versions; each folder in it that has an ``index.html`` is one.

    Raises:
        ToolError: if the version is no name for a folder.
    """
    if not FOLDER.fullmatch(version):
        raise ToolError(f"{version!r} is no version; write it as 1.2.3, or dev")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / version, ignore_errors=True)
    shutil.copytree(site, folder / version)
    names = ordered(sorted(path.parent.name for path in folder.glob("*/index.html")))
    first = newest(names) or DEV
    content = {"newest": newest(names), "versions": names}
    (folder / "versions.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    (folder / ".nojekyll").touch()
    (folder / "index.html").write_text(
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>awa-infra</title>\n'
        f'<link rel="icon" href="{first}/_static/favicon.svg">\n'
        f'<meta http-equiv="refresh" content="0; url={first}/index.html">\n'
        f'<p><a href="{first}/index.html">awa-infra {first}</a></p>\n</html>\n',
        encoding="utf-8",
    )


def serve(folder: Path, port: int) -> http.server.ThreadingHTTPServer:
    """Return a server of a folder on this machine; port 0 takes a free one."""
    handler = functools.partial(_Quiet, directory=str(folder))
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name of the base class
        """Say nothing of a request."""


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m devtools.site", description=__doc__)
    parser.add_argument("--serve", action="store_true", help="show it on this machine until Ctrl-C")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--into", type=Path, help="folder of all published versions")
    parser.add_argument("--version", default=DEV, help="the version's folder in it (default: dev)")
    arguments = parser.parse_args()
    known = {name: os.environ[name] for name in site_settings.VARIABLES if name in os.environ}
    if arguments.into:
        mine = {site_settings.VERSION: arguments.version, site_settings.VERSIONS: "1"}
        lay(build(variables={**known, **mine}), arguments.version, arguments.into)
        note(f"site: {arguments.into / arguments.version}")
        return 0
    site = build(variables=known)
    note(f"site: {site.relative_to(ROOT)}/index.html")
    if arguments.serve:
        server = serve(site, arguments.port)
        note(f"site: http://127.0.0.1:{server.server_port}/")
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
