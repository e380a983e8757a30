"""The navigation of the site: four kinds of pages, and what contributors read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NAVIGATION: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Tutorial": ("tutorial/quickstart",),
        "How-to: deploy": (
            "how-to/install-pulumi",
            "how-to/use-in-a-pulumi-program",
            "how-to/use-from-other-languages",
            "how-to/use-from-the-automation-api",
            "how-to/declare-queue-storage-schemas",
            "how-to/check-a-stack-configuration",
            "how-to/migrate-without-pulumi",
            "how-to/approve-a-plan",
            "how-to/upgrade-awa",
            "how-to/when-an-upgrade-fails",
            "how-to/manage-a-fleet",
            "how-to/managed-postgres",
            "how-to/run-beside-replication",
            "how-to/remove-a-stack",
        ),
        "How-to: in containers and pipelines": (
            "how-to/run-in-a-container",
            "how-to/run-in-kubernetes",
            "how-to/run-in-github-actions",
            "how-to/run-in-gitlab-ci",
            "how-to/preview-pull-requests",
        ),
        "How-to: hand over a bundle": (
            "Flyway <how-to/package-flyway>",
            "Liquibase <how-to/package-liquibase>",
            "psql <how-to/package-psql>",
            "Alembic, goose and others <how-to/package-other-tools>",
            "how-to/run-in-spring-boot",
            "how-to/upgrade-a-bundle",
            "how-to/adopt-a-live-database-with-a-bundle",
        ),
        "How-to: roles and existing databases": (
            "how-to/set-up-roles",
            "how-to/separate-roles",
            "how-to/guard-the-schemas",
            "how-to/run-beside-your-migrations",
            "how-to/adopt-a-database",
            "how-to/import-a-live-schema",
            "how-to/move-to-the-plugin",
        ),
        "How-to: check and develop": (
            "how-to/verify-a-database",
            "how-to/restore-a-backup",
            "how-to/upgrade-postgresql",
            "how-to/verify-a-release",
            "how-to/find-out-why",
            "how-to/develop-with-a-database",
            "how-to/test-with-a-database",
            "how-to/unit-test-a-program",
        ),
        "Reference": (
            "reference/cli",
            "reference/configuration",
            "reference/resources",
            "reference/plugin",
            "reference/errors",
            "reference/json",
            "reference/environment",
            "reference/terms",
            "reference/supported-versions",
            "reference/rough-servers",
            "reference/equivalence",
            "reference/benchmark",
        ),
        "Explanation": (
            "explanation/ownership",
            "explanation/plan",
            "explanation/interruptions",
            "explanation/plugin-or-dynamic",
        ),
        "Contributing": ("contributing/architecture", "adr/README", "release"),
    }
)
"""Each part of the navigation and its pages, in order, ``Words <page>`` where the title would be too long.

Sphinx warns of a page that is nowhere."""
