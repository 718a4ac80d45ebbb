"""Buttons under messages of their own, such as a card or a result: each opens a conversation.

They belong to no turn, so they can be pressed at any time: what they open looks at how things stand
by then.
"""

from __future__ import annotations

import re

MARK = "go"
_DATA = re.compile(
    rf"{MARK}:@([a-z_]{{1,20}}):([A-Za-z0-9_-]{{0,32}})(?::([a-z0-9-]{{1,24}}))?"
).fullmatch


def opens(flow: str, about: str = "", seen: str = "") -> str:
    """What a button gives back that opens a conversation about something.

    `seen` marks what stands above the button, where a tap agrees to just that.

    >>> opens("campaign", "cmp_06h0"), opens("approve", "cmp_06h0", "24000-1a2b")
    ('go:@campaign:cmp_06h0', 'go:@approve:cmp_06h0:24000-1a2b')
    """
    return f"{MARK}:@{flow}:{about}" + (f":{seen}" if seen else "")


def read(data: str) -> tuple[str, dict[str, str]] | None:
    """Read the conversation and what it is given; None for the data of any other button.

    >>> read("go:@campaign:cmp_06h0"), read("x:!")
    (('campaign', {'about': 'cmp_06h0', 'seen': ''}), None)
    """
    found = _DATA(data)
    return None if found is None else (found[1], {"about": found[2], "seen": found[3] or ""})
