"""Which resources of a stack may be there when a configuration alone is run on it."""

from __future__ import annotations

import pytest

from awa_infra.resources.project import foreign_resources

STACK = "urn:pulumi:dev::jobs::pulumi:pulumi:Stack::jobs-dev"
COMPONENT = "urn:pulumi:dev::jobs::awa:index:AwaStack::awa"
SCHEMA = "urn:pulumi:dev::jobs::awa:index:AwaStack$pulumi-python:dynamic/awa:AwaSchema::awa-schema"
PROVIDER = "urn:pulumi:dev::jobs::pulumi:providers:pulumi-python::default"


def entry(urn: str, parent: str = STACK) -> dict[str, str]:
    return {"urn": urn, "parent": parent}


def test_what_the_configuration_declares_is_its_own() -> None:
    own = [{"urn": STACK}, entry(COMPONENT), entry(SCHEMA, COMPONENT), {"urn": PROVIDER}]
    assert foreign_resources(own) == []


@pytest.mark.parametrize(
    ("urn", "parent"),
    [
        ("urn:pulumi:dev::jobs::aws:s3/bucket:Bucket::assets", STACK),
        ("urn:pulumi:dev::jobs::awa:index:AwaStack$aws:s3/bucket:Bucket::assets", COMPONENT),
        ("urn:pulumi:dev::jobs::pulumi-python:dynamic/awa:AwaSchema::awa-schema", STACK),
        ("urn:pulumi:dev::jobs::awa:index:AwaStack::other", STACK),
        (SCHEMA, "urn:pulumi:dev::jobs::awa:index:AwaStack::other"),
        ("urn:pulumi:dev::jobs::pulumi:providers:aws::frankfurt", STACK),
        ("urn:pulumi:dev::jobs::acme:index:Odd::name::with::colons", STACK),
        ("not a urn", STACK),
    ],
)
def test_what_another_program_declared_is_foreign(urn: str, parent: str) -> None:
    assert foreign_resources([{"urn": STACK}, entry(COMPONENT), entry(urn, parent)]) == [urn]
