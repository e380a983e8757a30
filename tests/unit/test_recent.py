from __future__ import annotations

from awa_infra.recent import Recent


def test_few_things_are_remembered_the_last_used_ones() -> None:
    recent: Recent[str, int] = Recent(4)
    for number in range(4):
        recent.put(str(number), number)
    recent.put("0", 0)
    recent.put("another", 5)
    assert list(recent.all()) == ["2", "3", "0", "another"]


def test_what_is_taken_is_forgotten() -> None:
    recent: Recent[str, int] = Recent(4)
    recent.put("one", 1)
    recent.put("two", 2)
    assert (recent.get("one"), recent.take("one"), recent.take("one"), recent.get("one")) == (1, 1, None, None)
    assert (recent.take_all(), recent.all()) == ({"two": 2}, {})
