"""A screen as Telegram shows it: words in its HTML, and buttons that know their turn."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from core.dialogue.screens import Option, Screen
from core.telegram.inbox import At

__all__ = ["DELETE_DATA", "Drawn", "Press", "draw", "mark_of", "read"]

TEXT_MAX = 4096
DATA_BYTES_MAX = 64
PAGE = 8  # options a page; a whole list of groups would be taller than the phone
_TWO_COLUMNS_FROM = 4
_SHORT_LABEL = 14
_LABEL_MAX = 60
_STYLES = {"good": "success", "danger": "danger"}

BACK, HOME, MORE, AT, DELETE = "<", "/", ">", "#", "!"
DELETE_DATA = f"x:{DELETE}"  # of no turn: a message that shows a secret can always go
Say = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What to show: a text in HTML and what can be pressed under it."""

    text: str
    keyboard: InlineKeyboardMarkup | None


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed: of which turn it is, and what it stands for."""

    mark: str
    step: str = ""
    option: str = ""
    verb: str = ""  # BACK, HOME, MORE, AT or DELETE, which stand for themselves
    number: int = 0


def mark_of(at: At | None) -> str:
    """A short name for the turn a conversation stands at.

    Every turn raises the version; the end of the id tells apart a conversation that began anew
    after the old row had been forgotten.
    """
    return "" if at is None else f"{_base36(at.version)}{at.id[-3:]}"


def draw(screen: Screen, mark: str, say: Say, page: int = 0) -> Drawn:
    """Draw a screen whose buttons belong to the turn `mark`."""
    rows = _options(screen, mark, page)
    last = []
    if screen.can_go_back:
        last.append(InlineKeyboardButton(say("Back"), callback_data=f"{mark}:{BACK}"))
    if not screen.is_home:
        last.append(InlineKeyboardButton(say("Home"), callback_data=f"{mark}:{HOME}"))
    if last:
        rows.append(last)
    return Drawn(_words(screen), InlineKeyboardMarkup(rows) if rows else None)


def read(data: str) -> Press | None:
    """Read what a button gives back; None for what was never ours. Anybody can send anything."""
    mark, colon, rest = data.partition(":")
    if not colon or not mark.isalnum() or not rest:
        return None
    if rest in (BACK, HOME, DELETE):
        return Press(mark, verb=rest)
    if rest[0] in (MORE, AT):
        number = rest[1:]
        if not (number.isascii() and number.isdigit() and len(number) < 6):
            return None
        return Press(mark, verb=rest[0], number=int(number))
    step, colon, option = rest.partition(":")
    return Press(mark, step, option) if colon and step and option else None


def _words(screen: Screen) -> str:
    parts = [screen.text, screen.detail or ""]
    room = TEXT_MAX
    words = []
    if screen.notice:
        notice = _cut(screen.notice, 500)
        room -= len(notice) + 5
        words.append(f"⚠️ <i>{html.escape(notice, quote=False)}</i>")
    for part in parts:
        plain = _cut(part.strip(), max(0, room - 2))
        if plain:
            room -= len(plain) + 2
            words.append(html.escape(plain, quote=False))
    return "\n\n".join(words) or "…"


def _cut(text: str, most: int) -> str:
    """Cut a text to so many characters, at the end of a line where there is one near."""
    if len(text) <= most:
        return text
    kept = text[: max(0, most - 2)]
    line = kept.rfind("\n")
    return f"{kept[:line] if line > most * 3 // 4 else kept}\n…" if most > 2 else ""


def _options(screen: Screen, mark: str, page: int) -> list[list[InlineKeyboardButton]]:
    options = list(screen.options)
    pages = max(1, -(-len(options) // PAGE)) if len(options) > PAGE + 2 else 1
    page = min(page, pages - 1)
    first = page * PAGE
    here = options[first : first + PAGE] if pages > 1 else options
    buttons = [
        InlineKeyboardButton(
            _label(option),
            callback_data=_data(mark, screen.step, option, first + at),
            style=_STYLES.get(option.style),
        )
        for at, option in enumerate(here)
    ]
    rows = _columns(buttons)
    if pages > 1:
        rows.append(_turning(mark, page, pages))
    return rows


def _columns(buttons: Sequence[InlineKeyboardButton]) -> list[list[InlineKeyboardButton]]:
    """One below the other; side by side where there are many short ones, or just two."""
    is_short = all(len(button.text) <= _SHORT_LABEL for button in buttons)
    if is_short and (len(buttons) == 2 or len(buttons) >= _TWO_COLUMNS_FROM):
        return [list(buttons[at : at + 2]) for at in range(0, len(buttons), 2)]
    return [[button] for button in buttons]


def _turning(mark: str, page: int, pages: int) -> list[InlineKeyboardButton]:
    def to(number: int, label: str) -> InlineKeyboardButton:
        return InlineKeyboardButton(label, callback_data=f"{mark}:{MORE}{number % pages}")

    return [to(page - 1, "‹"), to(page, f"{page + 1}/{pages}"), to(page + 1, "›")]


def _label(option: Option) -> str:
    label = " ".join(option.label.split())
    return label if len(label) <= _LABEL_MAX else label[: _LABEL_MAX - 1] + "…"


def _data(mark: str, step: str, option: Option, place: int) -> str:
    """What a button gives back; where the names are too long, its place in what is shown."""
    data = f"{mark}:{step}:{option.key}"
    return data if len(data.encode()) <= DATA_BYTES_MAX else f"{mark}:{AT}{place}"


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, place = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[place] + digits
        if not number:
            return digits
