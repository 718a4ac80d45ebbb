"""MarkdownV2: one unescaped full stop refuses the whole message.

Source: core.telegram.org/bots/api, "MarkdownV2 style"; the words of the refusals are the server's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.telegram.errors import Refusal, bad
from sandbox.telegram.texts import Entity, Formatted, links_to, units, unparsed

_RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
_NAMES = {
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "code": "Code",
    "pre": "Pre",
    "text_link": "TextUrl",
    "custom_emoji": "CustomEmoji",
    "blockquote": "BlockQuote",
}
# Longest first: where two could begin, the longer one does.
_MARKS = (
    ("```", "pre"),
    ("__", "underline"),
    ("||", "spoiler"),
    ("![", "custom_emoji"),
    ("*", "bold"),
    ("_", "italic"),
    ("~", "strikethrough"),
    ("`", "code"),
    ("[", "text_link"),
)
_CLOSERS = {kind: mark for mark, kind in _MARKS} | {"custom_emoji": "]", "text_link": "]"}
_FENCE = re.compile(r"([^\s`]+(?=\s))?(\r\n|\n\r|\n|\r)?")


@dataclass(slots=True)
class _Open:
    kind: str
    offset: int
    begin: int
    place: int
    language: str = ""


def parse_markdown(source: str) -> Formatted:
    """The text without its marks, and what the marks said.

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
        self._line_begins = True

    def run(self) -> Formatted:
        """Read it all."""
        while self._at < len(self._source):
            self._step(self._source[self._at])
        self._end_quote(None)
        if self._open:
            raise self._unended(self._open[-1])
        self._entities.sort(key=lambda one: (one["offset"], -one["length"]))
        return Formatted("".join(self._text), self._entities)

    def _step(self, char: str) -> None:
        after = self._source[self._at + 1 : self._at + 2]
        if char == "\\" and "\x00" < after <= "~":
            self._at += 2
            self._add(after)
        elif self._is_verbatim() and char != "`":
            self._at += 1
            self._add(char)
        elif char == "\n":
            self._at += 1
            if self._is_quoted() and self._source[self._at : self._at + 1] != ">":
                self._end_quote(self._at - 1)
            self._add(char)
        elif char == ">" and self._line_begins and not self._is_verbatim():
            self._at += 1
            if not self._is_quoted():
                self._open.append(_Open("blockquote", self._offset, self._at - 1, len(self._text)))
        elif char in _RESERVED:
            self._mark(char)
        else:
            self._at += 1
            self._add(char)

    def _add(self, char: str) -> None:
        self._text.append(char)
        self._offset += units(char)
        if char != "\r":
            self._line_begins = char == "\n"

    def _is_verbatim(self) -> bool:
        return bool(self._open) and self._open[-1].kind in ("code", "pre")

    def _is_quoted(self) -> bool:
        return any(one.kind == "blockquote" for one in self._open)

    def _mark(self, char: str) -> None:
        if self._open:
            closer = _CLOSERS.get(self._open[-1].kind)
            here = self._source.startswith(closer, self._at) if closer else False
            # "__" inside italic begins or ends an underline first.
            if here and not (closer == "_" and self._source.startswith("__", self._at)):
                self._close(closer or "")
                return
        for mark, kind in _MARKS:
            if self._source.startswith(mark, self._at):
                self._begin(mark, kind)
                return
        raise unparsed(
            f"Character '{char}' is reserved and must be escaped with the preceding '\\'"
        )

    def _begin(self, mark: str, kind: str) -> None:
        opened = _Open(kind, self._offset, self._at, len(self._text))
        self._at += len(mark)
        self._line_begins = False
        if kind == "pre":
            found = _FENCE.match(self._source, self._at)
            assert found is not None
            opened.language, self._at = found[1] or "", found.end()
        self._open.append(opened)

    def _close(self, mark: str) -> None:
        opened = self._open.pop()
        self._at += len(mark)
        entity: Entity = {
            "type": opened.kind,
            "offset": opened.offset,
            "length": self._offset - opened.offset,
        }
        if opened.language:
            entity["language"] = opened.language
        if opened.kind == "text_link":
            text = "".join(self._text[opened.place :])
            link = links_to(self._url() if self._source.startswith("(", self._at) else text)
            if link is None:
                return
            entity |= link
        elif opened.kind == "custom_emoji":
            entity |= self._emoji()
        if entity["length"]:
            self._entities.append(entity)

    def _url(self) -> str:
        self._at += 1
        begin, url = self._at, []
        while (char := self._source[self._at : self._at + 1]) != ")":
            if not char:
                place = len(self._source[:begin].encode())
                raise unparsed(f"Can't find end of a URL at byte offset {place}")
            if char == "\\" and self._at + 1 < len(self._source):
                self._at += 1
                char = self._source[self._at]
            url.append(char)
            self._at += 1
        self._at += 1
        return "".join(url)

    def _emoji(self) -> Entity:
        if not self._source.startswith("(", self._at):
            raise unparsed("The entity must contain a tg://emoji or tg://time URL")
        url = self._url()
        if found := re.fullmatch(r"tg://emoji\?id=(\d+)", url, re.ASCII):
            return {"custom_emoji_id": found[1]}
        if found := re.match(r"tg://time\?(?:.*&)?unix=(\d+)", url, re.ASCII):
            return {"type": "date_time", "unix_time": int(found[1])}
        raise bad("can't parse entities: Invalid tg://emoji or tg://time URL specified")

    def _end_quote(self, newline: int | None) -> None:
        """A quotation ends with its last line; "||" right there makes it expandable."""
        if not self._is_quoted():
            return
        kind, last = "blockquote", self._open[-1]
        end = len(self._source) if newline is None else newline
        if last.kind == "spoiler" and last.begin == end - 2:
            self._open.pop()
            kind, last = "expandable_blockquote", self._open[-1]
        if last.kind != "blockquote":
            raise self._unended(last)
        self._open.pop()
        length = self._offset - last.offset
        if length:
            self._entities.append({"type": kind, "offset": last.offset, "length": length})

    def _unended(self, opened: _Open) -> Refusal:
        name = "PreCode" if opened.language else _NAMES[opened.kind]
        place = len(self._source[: opened.begin].encode())
        return unparsed(f"Can't find end of {name} entity at byte offset {place}")
