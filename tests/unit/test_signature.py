"""Which signer counts, of those that ssh-keygen finds for a signature."""

import pytest

from awa_infra.errors import SignatureError, SignerUnknownError
from awa_infra.planning.signature import Answer, signer

NO = Answer(success=False, output="", errors="Could not verify signature.\n")
YES = Answer(success=True, output="Good signature\n", errors="")


def signer_of(listed: str, *valid: str) -> str:
    """Return the signer where ssh-keygen lists these names and verifies those."""
    listing = Answer(success=True, output=listed, errors="")
    return signer("plan.json", "signers", listing, lambda name: YES if name in valid else NO)


@pytest.mark.parametrize(
    ("listed", "valid", "expected"),
    [
        ("alice\n", ("alice",), "alice"),
        ("alice,bob\n", ("bob",), "bob"),
        ("alice\nbob\n", ("alice", "bob"), "alice"),
        ("!mallory,*@example.com\n", ("!mallory", "*@example.com"), "*@example.com"),
    ],
)
def test_the_first_listed_name_with_a_valid_signature_is_the_signer(
    listed: str, valid: tuple[str, ...], expected: str
) -> None:
    assert signer_of(listed, *valid) == expected


@pytest.mark.parametrize(
    "listing",
    [
        Answer(success=True, output="!mallory\n\n", errors=""),
        Answer(success=False, output="alice\n", errors="No principal.\n\n"),
    ],
)
def test_a_signature_by_no_listed_signer_is_refused_before_it_is_verified(listing: Answer) -> None:
    with pytest.raises(SignerUnknownError, match=r"plan\.json has no valid signature by a signer in signers") as caught:
        signer("plan.json", "signers", listing, pytest.fail)
    assert caught.value.details == tuple(filter(None, [listing.errors.strip()]))


def test_a_signature_that_no_name_verifies_names_them_and_shows_each_reason_once() -> None:
    with pytest.raises(SignatureError, match="by alice, bob is not valid") as caught:
        signer_of("alice,bob\n")
    assert caught.value.details == ("Could not verify signature.",)
    assert not isinstance(caught.value, SignerUnknownError)
