"""Buttons under messages of their own, such as a card or a result: each opens a conversation.

They belong to no turn, so they can be pressed at any time: what they open looks at how things stand
by then.
"""

from __future__ import annotations

import re

MARK = "go"
_DATA = re.compile(rf"{MARK}:@([a-z_]{{1,20}}):([A-Za-z0-9_-]{{0,32}})").fullmatch


def opens(flow: str, about: str = "") -> str:
    """What a button gives back that opens a conversation about something.

    >>> opens("campaign", "cmp_06h0")
    'go:@campaign:cmp_06h0'
    """
    return f"{MARK}:@{flow}:{about}"


def read(data: str) -> tuple[str, str] | None:
    """Read the conversation and what it is about; None for the data of any other button.

    >>> read("go:@campaign:cmp_06h0"), read("x:!")
    (('campaign', 'cmp_06h0'), None)
    """
    found = _DATA(data)
    return None if found is None else (found[1], found[2])
