from __future__ import annotations

import pytest

from awa_infra.lifecycle.connections import moved
from awa_infra.model import DatabaseIdentity, ObservedState, Place, Same
from awa_infra.planning.removal import elsewhere_gate, missing_gate

HERE = Place("jobs at db.example:5432", 16389, "7301")


@pytest.mark.parametrize("place", [HERE, Place("a at b (oid 1) at [local]:5432", 7), Place("a\nb at c:5432", 7, "8")])
def test_the_line_that_is_kept_of_a_database_is_understood_again(place: Place) -> None:
    assert Place.of(str(place)) == place


@pytest.mark.parametrize("kept", [None, "", "jobs at db.example:5432", "x (oid y)", object()])
def test_what_is_no_such_line_is_no_place(kept: object) -> None:
    assert Place.of(kept) is None


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (Place("renamed at standby.example:5432", 16389, "7301"), Same.YES),
        (Place("jobs at db.example:5432", 16389, "9999"), Same.NO),
        (Place("jobs at db.example:5432", 16999, "7301"), Same.NO),
        (Place("jobs at db.example:5432", 16389), Same.YES),
        (Place("jobs at db.example:5432", 16999), Same.NO),
        (Place("jobs at other.example:5432", 16389), Same.UNKNOWN),
    ],
)
def test_a_database_is_the_same_by_its_identifiers_and_only_without_them_by_its_address(
    other: Place, same: Same
) -> None:
    assert HERE.same_as(other) is same
    assert other.same_as(HERE) is same


@pytest.mark.parametrize(
    ("other", "other_data"),
    [
        (Place("jobs at db.example:5432", 16389, "9999"), True),
        (Place("jobs at db.example:5432", 16389), False),
        (Place("jobs at db.example:5432", 16999, "9999"), False),
        (Place("jobs at new.example:5432", 16389, "9999"), False),
        (HERE, False),
    ],
)
def test_other_data_at_the_same_address_are_those_of_an_upgraded_server_or_of_another_one(
    other: Place, other_data: bool
) -> None:
    assert HERE.has_other_data(other) is other_data
    words = moved(HERE, other)
    assert ("After pg_upgrade that is so" in words) is other_data
    assert ("identifier 9999 now, and had 7301" in words) is other_data


def test_a_removal_in_another_database_names_both() -> None:
    other = Place("jobs at other.example:5432", 16389, "9999")
    gate = elsewhere_gate("acme", HERE, other)
    assert gate is not None
    assert gate.code == "removal-elsewhere"
    assert str(HERE) in gate.message
    assert str(other) in gate.message


def test_a_removal_is_refused_where_nothing_shows_that_the_database_is_the_same() -> None:
    gate = elsewhere_gate("acme", HERE, Place("jobs at other.example:5432", 16389))
    assert gate is not None
    assert "nothing shows whether jobs at other.example:5432 (oid 16389)" in gate.message


def test_a_removal_from_a_missing_database_is_only_done_where_the_schema_was_there() -> None:
    gate = missing_gate("acme", HERE, "jobs at other.example:5432")
    assert gate is not None
    assert "the connection leads to jobs at other.example:5432, which is missing" in gate.message
    assert missing_gate("acme", HERE, HERE.where) is None


def test_where_no_place_was_kept_a_removal_goes_on_as_before() -> None:
    assert elsewhere_gate("acme", None, HERE) is None
    assert missing_gate("acme", None, HERE.where) is None
    assert elsewhere_gate("acme", HERE, HERE) is None


def test_what_was_observed_says_which_database_it_was() -> None:
    shop = ObservedState(database="shop", oid=16384, system="7301").identity
    assert shop == DatabaseIdentity("shop", 16384, "7301")
    assert not shop.is_another_than(ObservedState(database="shop", oid=16384).identity)
    assert shop.is_another_than(ObservedState(database="shop", oid=16999, system="7301").identity)
