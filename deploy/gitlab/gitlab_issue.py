"""Open an issue in GitLab about drift, or write into the one that is open: ``gitlab_issue.py STATUS FILE``.

Put it at awa/gitlab_issue.py. It needs AWA_ISSUE_TOKEN, a masked variable with a project access token (role Reporter,
scope api). Without it nothing is opened, and the pipeline that failed has to do.
"""

import json
import os
import sys
import urllib.request
from pathlib import Path

LABEL = "awa-drift"
TIMEOUT = 30.0


def call(method: str, path: str, data: dict[str, str] | None = None) -> list[dict[str, int]]:
    """Ask GitLab's API for this project."""
    request = urllib.request.Request(
        f"{os.environ['CI_API_V4_URL']}/projects/{os.environ['CI_PROJECT_ID']}/{path}",
        method=method,
        data=None if data is None else json.dumps(data).encode(),
        headers={"PRIVATE-TOKEN": os.environ["AWA_ISSUE_TOKEN"], "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        found = json.load(answer)
    return found if isinstance(found, list) else [found]


def main(status: str, path: str) -> None:
    """Say what verify found."""
    if not os.environ.get("AWA_ISSUE_TOKEN"):
        sys.exit("AWA_ISSUE_TOKEN is not set: no issue was opened.")
    found = Path(path).read_text(encoding="utf-8")
    indented = "".join(f"    {line}\n" for line in found.splitlines())
    body = f"awa-infra verify ended with status {status}: {os.environ['CI_PIPELINE_URL']}\n\n{indented}"
    known = call("GET", f"issues?labels={LABEL}&state=opened&per_page=1")
    if known:
        call("POST", f"issues/{known[0]['iid']}/notes", {"body": body})
    else:
        title = "The database of production is not as Awa promises"
        call("POST", "issues", {"title": title, "labels": LABEL, "description": body})


main(*sys.argv[1:])
