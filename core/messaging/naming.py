"""How texts are named: by their batch and their place in it.

The texts of a batch are one range of the primary key, so neither a batch nor a campaign needs an
index of its own, and a whole one is passed over by its last possible name.
"""

from __future__ import annotations

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(a + b for a in _DIGITS for b in _DIGITS)
# Five digits: more people than there are. They sort inside the range of two, as "00000" does
# between "00" and "zz".
_CAMPAIGN_MAX = 32**5


def message_ids(batch_id: str, count: int) -> list[str]:
    """Name the texts of a send: its own id with a place of two digits behind it."""
    head = f"msg_{_core(batch_id)}"
    return [head + pair for pair in _PAIRS[:count]]


def campaign_message_ids(campaign_id: str, first: int, count: int) -> list[str]:
    """Name a campaign's texts from a place on, counted from 0."""
    if first + count > _CAMPAIGN_MAX:
        raise ValueError("more texts than one campaign can have")
    core = _core(campaign_id)
    ids = []
    for at in range(first, first + count):
        high, low = divmod(at, 1024)
        ids.append(f"msg_{core}{_DIGITS[high >> 10]}{_PAIRS[high & 1023]}{_PAIRS[low]}")
    return ids


def message_range(batch_id: str) -> tuple[str, str]:
    """Return the first and the last id a text of a send or of a campaign can have."""
    core = _core(batch_id)
    return f"msg_{core}00", f"msg_{core}zz"


def _core(batch_id: str) -> str:
    return batch_id.partition("_")[2]
