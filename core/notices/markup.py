"""Telegram's HTML for cards: every value escaped, every line short enough to read."""

from __future__ import annotations

from html import escape

from core.money import Money

LINE_MAX = 300


def e(value: object, most: int = LINE_MAX) -> str:
    """Write a value so that nothing in it is markup.

    >>> e("<b> & Sons")
    '&lt;b&gt; &amp; Sons'
    """
    said = " ".join(str(value).split())
    return escape(said if len(said) <= most else said[: most - 3] + "...", quote=False)


def b(value: object, most: int = LINE_MAX) -> str:
    """Write a value in bold."""
    return f"<b>{e(value, most)}</b>"


def i(value: object, most: int = LINE_MAX) -> str:
    """Write a value in italics."""
    return f"<i>{e(value, most)}</i>"


def code(value: object, most: int = LINE_MAX) -> str:
    """Write a value that a tap copies."""
    return f"<code>{e(value, most)}</code>"


def kes(units: int) -> str:
    """Write an amount in KES/4 as people read it."""
    return e(Money(units))


def lines(*parts: str | None) -> str:
    """Put lines under each other, leaving out what is not there."""
    return "\n".join(part for part in parts if part is not None)
