"""A plan as one HTML page for a change request: no network, no script, every value escaped. Pure."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from functools import cache
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template

from awa_infra.planning.summary import PlanSummary

GENERATOR = '<meta name="generator" content="awa-infra'
"""What a page has near its start; a file that has it may be replaced by a newer page."""


def plan_page(shown: PlanSummary, *, made_at: datetime, made_by: str) -> str:
    """Return a plan for people who have to agree to it, as one HTML page that names the program and its version."""
    style = _text("plan_page.css")
    # The browser runs and loads nothing but this style sheet, whatever a name or a text may hold.
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    when = f"{made_at:%Y-%m-%d %H:%M %Z}"
    return _template().render(shown=shown, style=style, style_hash=allowed, when=when, made_by=made_by)


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_text("plan_page.html"))


def _text(name: str) -> str:
    return resources.files(__package__).joinpath("texts", name).read_text(encoding="utf-8")
