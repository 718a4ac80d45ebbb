"""Finding what was typed just now in what a gateway repeats.

Splitting at "*" would break a text with a star in it. So the transcript of the hop before is
remembered, and only what was added behind it is new. No transcript is kept in clear: once a PIN has
been typed it stands in every later one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from core import secrets
from core.settings import settings

_CODE = re.compile(r"\*?[0-9]{3,}(?:\*[0-9]*)*#?").fullmatch


@dataclass(frozen=True, slots=True)
class Dialled:
    """A first hop: what the gateway puts before all that is typed, and what was dialled ahead."""

    prefix: str
    parts: tuple[str, ...]
    is_ours: bool  # whether one of our codes was in it


@dataclass(frozen=True, slots=True)
class Heard:
    """A transcript as it is remembered: how long it was, and a digest of it."""

    length: int
    digest: str


def parts_of(code: str) -> tuple[str, ...]:
    """The parts of a code: `*384*1234#` has two."""
    return tuple(part for part in code.strip().strip("*#").split("*") if part)


def codes() -> list[tuple[str, ...]]:
    """Our codes; several gateways may each have given us one."""
    given = settings().ussd
    return [parts for code in (given.service_code, *given.other_codes) if (parts := parts_of(code))]


def is_ours(code: str, ours: Iterable[tuple[str, ...]]) -> bool:
    """Whether a code that a gateway names leads to us, be it without its extension or with more."""
    given = parts_of(code)
    return any(given[: len(each)] == each[: len(given)] for each in ours)


def looks_dialled(text: str) -> bool:
    """Whether something can be a code that was dialled, and not an answer to a question."""
    return bool(_CODE(text.strip()))


def first(given: str, code: str, ours: Iterable[tuple[str, ...]], extension: str = "") -> Dialled:
    """Understand the first input of a session.

    It may be empty, the dialled string, the extension of a shared code, or answers dialled ahead,
    each with or without the others. What stands before the answers is the same at every hop.

    >>> first("*384*1234*2*500#", "*384*1234#", [("384", "1234")])
    Dialled(prefix='*384*1234', parts=('2', '500'), is_ours=True)
    """
    raw = given.strip()
    ours = [each for each in ours if each]
    inside, begun = parts_of(raw), parts_of(code)
    # Some write a code in one, without the stars inside it.
    whole = [form for each in ours for form in (each, ("".join(each),))]
    found = max((each for each in (*whole, begun) if _at(inside, 0, each)), key=len, default=())
    dropped = len(found) + _extension(inside, found, begun, ours, extension)
    is_ours = any(_at(inside, 0, each) for each in whole)
    if dropped:
        prefix = _span(raw, dropped)
        return Dialled(prefix, _split(after(raw, prefix)), is_ours)
    if raw.startswith("*"):  # a code we do not know: all of it is the code
        return Dialled(raw.removesuffix("#"), (), is_ours=False)
    return Dialled("", _split(raw), is_ours=False)


def _extension(
    inside: tuple[str, ...],
    found: tuple[str, ...],
    begun: tuple[str, ...],
    ours: list[tuple[str, ...]],
    extension: str,
) -> int:
    """How many parts behind a shared code are our extension of it."""
    known = found or begun
    for each in ours:
        rest = each[len(known) :]
        if known and rest and _at(each, 0, known) and _at(inside, len(found), rest):
            return len(rest)
    is_left = extension and found[-1:] != (extension,)
    return int(bool(is_left) and _at(inside, len(found), (extension,)))


def _at(inside: tuple[str, ...], place: int, what: tuple[str, ...]) -> bool:
    """Whether some parts stand at a place."""
    return inside[place : place + len(what)] == what


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split("*")) if text else ()


def _span(raw: str, count: int) -> str:
    """The beginning of a text, up to the end of so many parts."""
    pattern = r"\**" + r"\*+".join([r"[^*#]+"] * count)
    match = re.match(pattern, raw)
    return match[0] if match else raw


def after(raw: str, prefix: str) -> str:
    """The transcript in an input: what stands behind the prefix the first hop had.

    Where the whole dialled string is repeated, its final "#" may stand at the end or where dialling
    ended; either way nobody has typed it.
    """
    if not prefix or not raw.startswith(prefix) or raw[len(prefix) :][:1] not in ("", "*", "#"):
        return raw
    rest = raw[len(prefix) :]
    rest = rest[1:] if rest[:2] in ("#", "#*") else rest
    rest = rest.removeprefix("*")
    return rest.removesuffix("#") if prefix.startswith("*") else rest


def remember(transcript: str) -> Heard:
    """What is kept of a transcript."""
    return Heard(len(transcript), secrets.keyed_digest("ussd", transcript))


def added(transcript: str, before: Heard) -> str | None:
    """What was typed since; None when this transcript does not go on from the one before."""
    start, rest = transcript[: before.length], transcript[before.length :]
    if not rest or remember(start) != before:
        return None
    if not before.length:
        return rest
    rest = rest.lstrip(" ")  # some cut a space off an end, until it is the end no more
    for mark in ("*", "#*"):
        if rest.startswith(mark):
            return rest[len(mark) :]
    return None
