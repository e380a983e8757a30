"""Pulumi's options of the resources in Python programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from awa_infra import AwaDatabase, AwaRoles, AwaSchema, QueueStorageSchema, StorageActivation

URL = "postgresql://db.example.com/shop"


@pytest.mark.parametrize(
    "declare",
    [
        lambda opts: AwaDatabase("mine", server_url=URL, name="shop", opts=opts),
        lambda opts: AwaRoles("mine", database_url=URL, owner="o", opts=opts),
        lambda opts: AwaSchema("mine", database_url=URL, opts=opts),
        lambda opts: QueueStorageSchema("mine", database_url=URL, schema="q", opts=opts),
        lambda opts: StorageActivation("mine", database_url=URL, schema="q", opts=opts),
    ],
    ids=["AwaDatabase", "AwaRoles", "AwaSchema", "QueueStorageSchema", "StorageActivation"],
)
def test_an_import_that_the_sdk_cannot_do_is_refused_with_what_to_do_instead(declare: Callable[..., Any]) -> None:
    with pytest.raises(pulumi.RunError, match="mine has the option import_") as refused:
        declare(pulumi.ResourceOptions(import_="awa"))
    assert "Hint: Leave import_ out." in str(refused.value)
