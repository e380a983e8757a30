"""Which commands of the documentation are run where; the levels that run them take the tables from here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from awa_infra import __version__
from devtools import docs_shown
from devtools.docs_shown import ROOT, Command

NOT_RUN: Mapping[str, str] = MappingProxyType(
    {
        "make demo": "starts a server of its own and takes a minute; its steps are run from the quickstart page",
        "make test": "this is a part of it",
        "pip install awa-infra awa-pg==0.6.9": "not published yet; tests/engine/test_wheel_alone.py installs the wheel",
        "make demo-psql": "interactive, and needs what make demo leaves running",
        "make demo-stop": "stops what make demo left running, perhaps on the developer's own desk",
        "pip install 'awa-infra[pytest,dev]'": "installs into the environment that runs this",
        "pip install 'awa-infra[dev]'": "the same",
        "pip install 'awa-infra[formats]'": "the same",
        "curl -fsSL https://get.pulumi.com | sh": "installs into the home directory, from the network",
        'python -c "from pulumi.automation import PulumiCommand; '
        "PulumiCommand.install(root='.pulumi-cli')\"": "needs the network; devtools.pulumi_cli tries the same",
        'pulumi package add "$(command -v pulumi-resource-awa)"': "needs a language host of the official distribution; "
        "tests/engine/test_sdk_programs.py compiles programs with what it generates",
        'pulumi package gen-sdk "$(command -v pulumi-resource-awa)" --language nodejs --out sdk': "the same",
        f"pulumi plugin install resource awa {__version__} "
        f"--file pulumi-resource-awa-v{__version__}-linux-amd64.tar.gz": "needs the archive; "
        "tests/engine/test_plugin_archive.py builds it and runs this",
        "uv pip compile --universal --generate-hashes requirements.in --output-file requirements.txt": "not "
        "published yet",
        f"git clone --branch v{__version__} https://github.com/OWNER/REPOSITORY awa-infra": "not published yet",
        "make -C awa-infra build": "tests/database/test_wheel.py builds twice, in two folders",
        "uv export --frozen --no-default-groups --no-emit-project --format cyclonedx1.5 "
        "--output-file awa-infra.cdx.json": "needs a checkout; tests/tools/test_release.py runs it",
        "read -rs FLYWAY_PASSWORD && export FLYWAY_PASSWORD": "asks a person; the test sets the variable",
        "read -rs LIQUIBASE_COMMAND_PASSWORD && export LIQUIBASE_COMMAND_PASSWORD": "the same",
    }
)
"""Every command that is shown and not run, with the reason."""

RUN_WITH_A_DATABASE = (
    "docs/how-to/approve-a-plan.md",
    "docs/how-to/check-a-stack-configuration.md",
    "docs/how-to/declare-queue-storage-schemas.md",
    "docs/how-to/develop-with-a-database.md",
    "docs/how-to/find-out-why.md",
    "docs/how-to/guard-the-schemas.md",
    "docs/how-to/migrate-without-pulumi.md",
    "docs/how-to/restore-a-backup.md",
    "docs/how-to/run-beside-replication.md",
    "docs/how-to/set-up-roles.md",
    "docs/how-to/test-with-a-database.md",
    "docs/how-to/unit-test-a-program.md",
    "docs/how-to/verify-a-database.md",
    "docs/how-to/when-an-upgrade-fails.md",
)

RUN_WITH_THE_ENGINE = (
    "docs/how-to/install-pulumi.md",
    "docs/tutorial/quickstart.md",
    "docs/how-to/remove-a-stack.md",
    "README.md",
)
"""In this order, on one stack: removing it needs what the quickstart made, and the README adopts what is left."""

RUN_WITH_AN_EXAMPLE = MappingProxyType(
    {
        "docs/how-to/separate-roles.md": "roles",
        "docs/how-to/adopt-a-database.md": "adopt",
        "docs/how-to/upgrade-awa.md": "upgrade",
    }
)
"""Each with the engine, in the folder of its own example."""

RUN_WITH_LANGUAGE_HOSTS = MappingProxyType(
    {
        "docs/how-to/manage-a-fleet.md": "fleet",
        "docs/how-to/use-in-a-pulumi-program.md": "fleet",
        "docs/how-to/use-from-other-languages.md": "plugin-yaml",
    }
)
"""Each by ``pulumi`` with its language hosts, in the folder of an example whose program it writes anew."""

RUN_WITH_FLYWAY = "docs/how-to/package-flyway.md"
RUN_WITH_LIQUIBASE = "docs/how-to/package-liquibase.md"
RUN_WITH_PSQL = "docs/how-to/package-psql.md"
RUN_UPGRADE = "docs/how-to/upgrade-a-bundle.md"
RUN_WITH_OTHERS = "docs/how-to/package-other-tools.md"
RUN_WITH_SPRING_BOOT = "docs/how-to/run-in-spring-boot.md"
RUN_BESIDE_YOUR_MIGRATIONS = "docs/how-to/run-beside-your-migrations.md"
RUN_ADOPTION = "docs/how-to/adopt-a-live-database-with-a-bundle.md"
RUN_WITH_BUNDLES = (
    RUN_WITH_FLYWAY,
    RUN_WITH_LIQUIBASE,
    RUN_WITH_PSQL,
    RUN_UPGRADE,
    RUN_WITH_OTHERS,
    RUN_WITH_SPRING_BOOT,
    RUN_BESIDE_YOUR_MIGRATIONS,
    RUN_ADOPTION,
)

RUN_IMPORT = "docs/how-to/import-a-live-schema.md"
RUN_MOVE = "docs/how-to/move-to-the-plugin.md"
RUN_WITH_THEIR_PROGRAMS = (RUN_IMPORT, RUN_MOVE)
"""By tests/engine/test_plugin.py, with the programs that they show."""

RUN_WITH_PG_UPGRADE = "docs/how-to/upgrade-postgresql.md"
RUN_PREVIEWS = "docs/how-to/preview-pull-requests.md"
"""By tests/engine/test_preview_only.py, which makes the login that it shows."""

RUN_AUTOMATION = "docs/how-to/use-from-the-automation-api.md"
"""By tests/engine/test_automation.py, with the program that it shows."""

RUN_WITH_PODMAN = "docs/how-to/run-in-a-container.md"
RUN_WITH_SIGSTORE = "docs/how-to/verify-a-release.md"

RUN = frozenset(
    {
        *RUN_WITH_A_DATABASE,
        *RUN_WITH_THE_ENGINE,
        *RUN_WITH_AN_EXAMPLE,
        *RUN_WITH_LANGUAGE_HOSTS,
        *RUN_WITH_THEIR_PROGRAMS,
        *RUN_WITH_BUNDLES,
        RUN_WITH_PG_UPGRADE,
        RUN_PREVIEWS,
        RUN_AUTOMATION,
        RUN_WITH_PODMAN,
        RUN_WITH_SIGSTORE,
    }
)

PAGES = docs_shown.pages()


def commands(page: Path) -> list[Command]:
    return [command for block in docs_shown.blocks(page, "console") for command in docs_shown.commands(block)]


def test_every_page_with_commands_is_run() -> None:
    assert {docs_shown.name(page) for page in PAGES if commands(page)} == RUN
    assert all((ROOT / page).exists() for page in RUN)


def test_what_is_not_run_is_still_shown() -> None:
    shown = {command.text for page in PAGES for command in commands(page)}
    shown |= {command for page in PAGES for command in docs_shown.indented_commands(page)}
    assert set(NOT_RUN) - shown == set()


@pytest.mark.parametrize("page", PAGES, ids=docs_shown.name)
def test_commands_outside_console_blocks_are_those_that_are_not_run(page: Path) -> None:
    assert [command for command in docs_shown.indented_commands(page) if command not in NOT_RUN] == []
