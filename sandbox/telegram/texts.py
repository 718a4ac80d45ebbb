"""Text as Telegram keeps it: clean, trimmed, with entities counted in UTF-16 units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.telegram.errors import Refusal, bad

Entity = dict[str, Any]

ENTITIES_MAX = 100
_DROPPED = re.compile("[\r\u2028-\u202e]")
_BLANKED = re.compile("[\x00-\x09\x0b-\x20]")

_FOUND = (
    ("url", re.compile(r"\bhttps?://[^\s<>\"]+[^\s<>\".,:;!?)\]]", re.ASCII)),
    ("email", re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b", re.ASCII)),
    (
        "url",
        re.compile(
            r"(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:com|org|net|co\.ke|ke|me|io)(?:/[^\s<>\"]*)?\b",
            re.ASCII | re.IGNORECASE,
        ),
    ),
    ("bot_command", re.compile(r"(?<![\w/<>])/\w{1,64}(?:@\w{3,32})?(?!\w|/)", re.ASCII)),
    ("mention", re.compile(r"(?<![\w@.])@[A-Za-z]\w{3,31}\b", re.ASCII)),
    ("hashtag", re.compile(r"(?<![\w#&])#(?=\w*[^\W\d])\w{1,256}")),
)
_CLOSED = {"code", "pre", "text_link", "text_mention", "custom_emoji"}


@dataclass(slots=True)
class Formatted:
    """A text and what is special about parts of it."""

    text: str = ""
    entities: list[Entity] = field(default_factory=list)


def units(text: str) -> int:
    """Length in UTF-16 code units, as offsets are counted."""
    return len(text) + sum(char > "\uffff" for char in text)


def cut(text: str, offset: int, length: int) -> str:
    """The part of a text an entity is about."""
    raw = text.encode("utf-16-le", "surrogatepass")[offset * 2 : (offset + length) * 2]
    return raw.decode("utf-16-le", "replace")


def links_to(url: str) -> Entity | None:
    """What a link adds to its entity; None for an address that is none, which is dropped."""
    parts = urlsplit(url)
    if parts.scheme == "tg" and parts.netloc == "user":
        wanted = parse_qs(parts.query).get("id", [""])[0]
        return {"type": "text_mention", "user_id": int(wanted)} if wanted.isdecimal() else None
    try:
        return {"url": checked_url(url)}
    except ValueError:
        return None


def checked_url(url: str) -> str:
    """An address as the server writes it.

    Raises: ValueError, whose text is the server's reason.
    """
    if url.lower().startswith(("tg:", "ton:", "tonsite:")):
        return url
    whole = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(whole)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("Wrong HTTP URL") from None
    if parts.scheme.lower() not in ("http", "https"):
        raise ValueError("Unsupported URL protocol")
    if not host or re.search(r"\s", url):
        raise ValueError("URL host is empty" if not host else "Unallowed characters in URL host")
    if "." not in host and ":" not in host:
        raise ValueError("Wrong HTTP URL")
    return whole if parts.path or parts.query else f"{whole}/"


def tidy(given: Formatted, *, may_be_empty: bool = False) -> Formatted:
    """A text as it is stored, with the links, commands and mentions found in it.

    Raises: Refusal.
    """
    letters, places = _cleaned(given.text)
    text = "".join(letters)
    entities: list[Entity] = []
    for entity in given.entities:
        begin = _place(places, entity["offset"])
        end = _place(places, entity["offset"] + entity["length"])
        if end > begin and text_between(text, begin, end).strip():
            entities.append(entity | {"offset": begin, "length": end - begin})
    entities.sort(key=lambda one: (one["offset"], -one["length"]))
    if not text.strip():
        if may_be_empty:
            return Formatted()
        raise bad("text must be non-empty")
    text, entities = _trimmed(text, entities)
    entities += _detected(text, entities)
    entities.sort(key=lambda one: (one["offset"], -one["length"]))
    return Formatted(text, entities[:ENTITIES_MAX])


def text_between(text: str, begin: int, end: int) -> str:
    """The part between two UTF-16 offsets."""
    return cut(text, begin, end - begin)


def _cleaned(text: str) -> tuple[list[str], list[int]]:
    """The letters that stay, and for every UTF-16 unit given where it is now."""
    letters: list[str] = []
    places: list[int] = []
    now = 0
    for char in text:
        width = units(char)
        places += [now] * width
        if _DROPPED.match(char):
            continue
        letters.append(" " if _BLANKED.match(char) else char)
        now += width
    places.append(now)
    return letters, places


def _place(places: list[int], offset: int) -> int:
    return places[min(max(offset, 0), len(places) - 1)]


def _trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    text = text.rstrip(" \n")
    length = units(text)
    kept = [
        one | {"length": min(one["length"], length - one["offset"])}
        for one in entities
        if one["offset"] < length
    ]
    # Blanks at the beginning go only as far as no entity covers them.
    begin = len(text) - len(text.lstrip(" \n"))
    begin = min([begin, *(one["offset"] for one in kept)])
    return text[begin:], [one | {"offset": one["offset"] - begin} for one in kept]


def _detected(text: str, entities: list[Entity]) -> list[Entity]:
    taken = [
        (one["offset"], one["offset"] + one["length"]) for one in entities if one["type"] in _CLOSED
    ]
    return [
        {"type": kind, "offset": begin, "length": end - begin}
        for kind, begin, end in _special(text, taken)
    ]


def _special(text: str, taken: list[tuple[int, int]]) -> Iterator[tuple[str, int, int]]:
    if not re.search(r"[/@#.]", text):
        return
    for kind, pattern in _FOUND:
        for found in pattern.finditer(text):
            begin = units(text[: found.start()])
            end = begin + units(found[0])
            if all(end <= first or begin >= last for first, last in taken):
                taken.append((begin, end))
                yield kind, begin, end


def given_entities(given: object) -> list[Entity]:
    """Entities sent beside a text instead of a parse mode.

    Raises: Refusal.
    """
    if not isinstance(given, list):
        return []
    for one in given:
        whole = isinstance(one, dict) and isinstance(one.get("type"), str)
        if not whole:
            raise bad("can't parse MessageEntity: Object expected")
        for name in ("offset", "length"):
            if not isinstance(one.get(name), int):
                raise bad(f"can't parse MessageEntity: Can't find field \"{name}\"")
            if not 0 <= one[name] <= 1_000_000:
                raise bad(f"receive an entity with incorrect {name} {one[name]}")
    return list(given)


def unparsed(why: str) -> Refusal:
    """The refusal of text whose formatting cannot be read."""
    return bad(f"can't parse entities: {why}")
