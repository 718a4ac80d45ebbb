"""The small memory: short, bounded, and never holding what had to be forgotten."""

import threading

import pytest

from core.cache import TTLCache


def test_a_value_is_read_once_in_its_life():
    reads = []
    cache = TTLCache(seconds=60, size=10)

    assert [cache.get("a", lambda: reads.append(1) or 7) for _ in range(3)] == [7, 7, 7]
    assert len(reads) == 1


def test_an_old_value_is_read_again():
    cache = TTLCache(seconds=0, size=10)

    assert [cache.get("a", lambda: 1), cache.get("a", lambda: 2)] == [1, 2]


def test_the_oldest_makes_room():
    cache = TTLCache(seconds=60, size=2)
    for key in "abc":
        cache.get(key, lambda: "old")

    assert [cache.get(key, lambda: "new") for key in "cba"] == ["old", "old", "new"]


def test_a_failed_read_is_not_kept():
    cache = TTLCache(seconds=60, size=2)
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 // 0)

    assert cache.get("a", lambda: 5) == 5


def test_what_was_read_before_a_clear_is_not_kept_after_it():
    """Or a key revoked at that very moment would live on."""
    cache = TTLCache(seconds=60, size=2)

    def slow() -> str:
        other = threading.Thread(target=cache.clear)
        other.start()
        other.join()
        return "revoked"

    assert cache.get("a", slow) == "revoked"
    assert cache.get("a", lambda: "read again") == "read again"
