"""Telegram's HTML: few tags, and everything else refuses the whole message.

Source: core.telegram.org/bots/api, "HTML style"; the words of the refusals are the server's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.telegram.errors import bad
from sandbox.telegram.texts import Entity, Formatted, links_to, units, unparsed

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-zA-Z]+));?")
_START = re.compile(r"<([^\s>]*)")
_END = re.compile(r"</([^\s>]*)\s*")
_SPACE = re.compile(r"\s*")
_NAME = re.compile(r"[^\s=>/\"']*")
_TOKEN = re.compile(r"[A-Za-z0-9.-]*")


@dataclass(slots=True)
class _Open:
    tag: str
    argument: str
    offset: int
    place: int
    unix: int


def parse_html(source: str) -> Formatted:
    """The text without its tags, and what the tags said.

    Raises: Refusal.
    """
    return _Parser(source).run()


class _Parser:
    """One pass over a text; `_at` is where it stands."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._text: list[str] = []
        self._offset = 0
        self._open: list[_Open] = []
        self._entities: list[Entity] = []

    def run(self) -> Formatted:
        """Read it all."""
        while self._at < len(self._source):
            char = self._source[self._at]
            if char == "<":
                if self._source.startswith("</", self._at):
                    self._end_tag()
                else:
                    self._start_tag()
            else:
                self._letter(char)
        if self._open:
            raise unparsed(f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"')
        for entity in self._entities:
            if entity["type"] == "code":
                entity.pop("language", None)
        return Formatted("".join(self._text), self._entities)

    def _letter(self, char: str) -> None:
        char, self._at = _reference(self._source, self._at) if char == "&" else (char, self._at + 1)
        self._text.append(char)
        self._offset += units(char)

    def _byte(self, place: int) -> int:
        return len(self._source[:place].encode())

    def _start_tag(self) -> None:
        begin = self._at
        found = _START.match(self._source, begin)
        assert found is not None
        tag = found[1].lower()
        if found.end() == len(self._source):
            raise unparsed(f"Unclosed start tag at byte offset {self._byte(begin)}")
        if tag not in _TAGS:
            raise unparsed(f'Unsupported start tag "{tag}" at byte offset {self._byte(begin)}')
        self._at = found.end()
        given = self._attributes(tag, begin)
        argument = _argument(tag, given)
        if tag == "span" and argument != "spoiler":
            raise unparsed(
                f'Tag "span" must have class "tg-spoiler" at byte offset {self._byte(begin)}'
            )
        unix = given.get("unix", "")
        self._open.append(
            _Open(
                tag,
                argument,
                self._offset,
                len(self._text),
                int(unix) if re.fullmatch(r"\d{1,10}", unix, re.ASCII) else 0,
            )
        )

    def _attributes(self, tag: str, begin: int) -> dict[str, str]:
        given: dict[str, str] = {}
        unclosed = f'Unclosed start tag "{tag}" at byte offset {self._byte(begin)}'
        while True:
            self._skip_space()
            if self._peek() == ">":
                self._at += 1
                return given
            found = _NAME.match(self._source, self._at)
            assert found is not None
            name, self._at = found[0], found.end()
            if not name:
                where = f'in the tag "{tag}" at byte offset {self._byte(begin)}'
                raise unparsed(f"Empty attribute name {where}")
            self._skip_space()
            if self._peek() != "=":
                if not self._peek():
                    raise unparsed(unclosed)
                given[name] = "1"
                continue
            self._at += 1
            self._skip_space()
            if not self._peek():
                raise unparsed(unclosed)
            given[name] = self._value()
            if not self._peek():
                raise unparsed(f"Unclosed start tag at byte offset {self._byte(begin)}")

    def _value(self) -> str:
        quote = self._peek()
        if quote not in ('"', "'"):
            found = _TOKEN.match(self._source, self._at)
            assert found is not None
            if not re.match(r"[\s>]", self._source[found.end() : found.end() + 1]):
                place = self._byte(self._at)
                raise unparsed(f"Unexpected end of name token at byte offset {place}")
            self._at = found.end()
            return found[0].lower()
        value: list[str] = []
        self._at += 1
        while self._peek() not in (quote, ""):
            if self._peek() == "&":
                char, self._at = _reference(self._source, self._at)
            else:
                char, self._at = self._peek(), self._at + 1
            value.append(char)
        self._at += self._peek() == quote
        return "".join(value)

    def _end_tag(self) -> None:
        begin = self._at
        place = self._byte(begin)
        if not self._open:
            raise unparsed(f"Unexpected end tag at byte offset {place}")
        found = _END.match(self._source, begin)
        assert found is not None
        self._at = found.end()
        if self._peek() != ">":
            raise unparsed(f"Unclosed end tag at byte offset {place}")
        self._at += 1
        tag, opened = found[1].lower(), self._open[-1]
        if tag and tag != opened.tag:
            raise unparsed(
                f"Unmatched end tag at byte offset {place}, "
                f'expected "</{opened.tag}>", found "</{tag}>"'
            )
        self._open.pop()
        if self._offset > opened.offset:
            self._close(opened)

    def _close(self, opened: _Open) -> None:
        entity: Entity = {
            "type": _TAGS[opened.tag],
            "offset": opened.offset,
            "length": self._offset - opened.offset,
        }
        if opened.tag == "a":
            link = links_to(opened.argument or "".join(self._text[opened.place :]))
            if link is None:
                return
            entity |= link
        elif opened.tag == "tg-emoji":
            if not re.fullmatch(r"[1-9]\d{0,18}", opened.argument, re.ASCII):
                raise bad("Invalid custom emoji identifier specified")
            entity["custom_emoji_id"] = opened.argument
        elif opened.tag == "tg-time":
            if not opened.unix:
                return
            entity["unix_time"] = opened.unix
        elif opened.tag == "blockquote" and opened.argument:
            entity["type"] = "expandable_blockquote"
        elif opened.tag in ("code", "pre") and self._joined(entity, opened):
            return
        self._entities.append(entity)

    def _joined(self, entity: Entity, opened: _Open) -> bool:
        """Code right inside pre, or the other way about: one block in a language."""
        if opened.tag == "code" and opened.argument:
            entity["language"] = opened.argument
        last = self._entities[-1] if self._entities else {}
        same = all(last.get(name) == entity[name] for name in ("offset", "length"))
        language = entity.get("language") or last.get("language")
        if same and language and {last["type"], entity["type"]} == {"code", "pre"}:
            last |= {"type": "pre", "language": language}
            return True
        return False

    def _peek(self) -> str:
        return self._source[self._at : self._at + 1]

    def _skip_space(self) -> None:
        found = _SPACE.match(self._source, self._at)
        assert found is not None
        self._at = found.end()


def _argument(tag: str, given: dict[str, str]) -> str:
    named = given.get("class", "")
    if tag == "code" and named.startswith("language-"):
        return named.removeprefix("language-")
    if tag == "span" and named.startswith("tg-"):
        return named.removeprefix("tg-")
    wanted = {"a": "href", "tg-emoji": "emoji-id", "blockquote": "expandable"}.get(tag)
    return given.get(wanted, "") if wanted else ""


def _reference(source: str, at: int) -> tuple[str, int]:
    """The character a reference stands for, and where it ends; "&" itself if it is none."""
    found = _REFERENCE.match(source, at)
    if found is None:
        return "&", at + 1
    if found[3]:
        char = _NAMED.get(found[3])
        return (char, found.end()) if char else ("&", at + 1)
    code = int(found[1], 16) if found[1] else int(found[2])
    if code == 0 or code >= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return "&", at + 1
    return chr(code), found.end()
