from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from awa_infra.bundles.package import package
from awa_infra.model import DesiredState, Release
from devtools import docs_shown
from devtools.docs_shown import ROOT
from tests.unit.test_docs_commands import RUN_WITH_SPRING_BOOT


def settings(text: str) -> dict[str, str]:
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def test_the_page_about_spring_boot_shows_every_setting_of_a_flyway_bundle(release: Release) -> None:
    bundle = package("flyway", DesiredState(release, release.schema_version)).files
    classic = settings(bundle["classic.conf"].decode())
    connection = {name: value for name, value in classic.items() if ".jdbcProperties." in name}
    shown = settings(docs_shown.blocks(ROOT / RUN_WITH_SPRING_BOOT, "properties")[0].text)

    address = shown.pop("spring.flyway.url")
    assert parse_qs(urlsplit(address.removeprefix("jdbc:")).query) == {
        name.rpartition(".")[2]: [value] for name, value in connection.items()
    }
    del shown["spring.flyway.user"], shown["spring.flyway.password"]
    # Spring writes names in small letters with hyphens.
    expected = {
        "spring." + re.sub("[A-Z]", lambda found: f"-{found[0].lower()}", name): value.replace(
            "filesystem:", "classpath:awa/"
        )
        for name, value in classic.items()
        if name not in connection
    }
    assert set(shown.pop("spring.flyway.locations").split(",")) > set(
        expected.pop("spring.flyway.locations").split(",")
    )
    assert shown == expected
