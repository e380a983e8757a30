"""Settings of Sphinx for the site of these pages, which `make site` builds; devtools/site_pages.py changes pages."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from devtools import site_settings

settings = site_settings.read()

project = "awa-infra"
author = "The awa-infra authors"
project_copyright = "The awa-infra authors, Apache License 2.0"
release = version = settings.version
language = "en"

extensions = ["myst_parser", "devtools.site_pages"]
root_doc = "index"
templates_path = ["_templates"]

# Anchors of headings as the code host makes them, so that one link works in both places.
myst_heading_anchors = 6
nitpicky = True
# What is copied from a page is what is in its source.
smartquotes = False
show_warning_types = True

html_theme = "furo"
html_title = f"awa-infra {settings.version}"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None
html_use_index = False
html_domain_indices = False
html_baseurl = settings.address
html_context = {"has_versions": settings.versions}
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "versions.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
html_theme_options = {
    "sidebar_hide_name": False,
    "navigation_with_keys": False,
    "light_css_variables": dict(site_settings.LIGHT),
    "dark_css_variables": dict(site_settings.DARK),
}
if settings.repository:
    html_theme_options |= {
        "source_repository": settings.repository,
        "source_branch": settings.reference,
        "source_directory": "docs/",
    }
