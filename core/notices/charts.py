"""Pictures for those who would rather look: a few figures and a row of bars, as PNG.

Pillow draws them with the face that comes with it, so nothing else has to be installed.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from core.dialogue.screens import Picture

__all__ = ["Bar", "draw", "draw_bars"]

WIDTH, HEIGHT = 960, 540
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 30, 206, 60
_INK, _FAINT, _GRID = "#16302b", "#6b7f7a", "#dfe7e4"
_BAR, _LAST = "#2f9e77", "#145c45"
_BARS_MAX = 62
FEW = 6  # bars have room for words under them
# Emoji and other letters the face has not got would be drawn as empty boxes.
_LETTER_MAX = 0x24F

Say = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what stands under it and how high it is."""

    label: str
    value: int


def draw(picture: Picture, say: Say) -> bytes | None:
    """Draw a picture whose kind is known; None for any other, so that words must do."""
    data = picture.data
    if picture.kind == "campaign":
        bars = [Bar(say(label), int(count)) for label, count in data["bars"]]
        return draw_bars(str(data["name"]), [], bars, say("What became of the SMS"))
    if picture.kind not in ("balance", "usage"):
        return None
    days = _bars(data.get("days", ()))
    lines = []
    if "available" in data:
        lines.append(say("Balance {amount}", amount=f"KES {_grouped(str(data['available']))}"))
    if "units" in data:
        lines.append(say("Enough for {count} SMS.", count=f"{int(data['units']):,}"))
    caption = say("SMS sent on each of the last {count} days", count=len(days))
    return draw_bars(str(data.get("business", "")), lines, days, caption)


def draw_bars(title: str, lines: Sequence[str], bars: Sequence[Bar], caption: str = "") -> bytes:
    """Draw a title, up to two lines of figures, and bars; the newest is the last and darkest."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(image)
    pen.text((40, 28), _drawable(title, 44), _INK, _face(34))
    for at, line in enumerate(lines[:2]):
        pen.text((40, 78 + 36 * at), _drawable(line, 60), _INK if at == 0 else _FAINT, _face(26))
    if caption:
        pen.text((40, 156), _drawable(caption, 90), _FAINT, _face(18))
    _draw_bars(pen, bars[-_BARS_MAX:])
    out = io.BytesIO()
    # A few colours are enough for flat ones with soft edges, and make it a third of the size.
    few = image.quantize(32, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(out, "PNG")
    return out.getvalue()


def _bars(days: Sequence[Mapping[str, Any]]) -> list[Bar]:
    """The texts of each day, under its date as people say it."""
    found = []
    for row in days:
        day = date.fromisoformat(str(row["day"]))
        found.append(Bar(f"{day.day}/{day.month}", int(row.get("messages", 0))))
    return found


def _draw_bars(pen: ImageDraw.ImageDraw, bars: Sequence[Bar]) -> None:
    floor, room = HEIGHT - _BOTTOM, WIDTH - _LEFT - _RIGHT
    top = _nice(max((bar.value for bar in bars), default=0))
    for part in range(5):
        y = floor - (floor - _TOP) * part // 4
        pen.line([(_LEFT, y), (WIDTH - _RIGHT, y)], _GRID)
        pen.text((_LEFT - 10, y), _short(top * part / 4), _FAINT, _face(16), anchor="rm")
    if not bars:
        return
    step = room / len(bars)
    every = max(1, -(-len(bars) // 16))  # labels must not run into each other
    for at, bar in enumerate(bars):
        x = _LEFT + step * at
        height = (floor - _TOP) * max(0, bar.value) / top
        is_last = at == len(bars) - 1
        if bar.value > 0:
            box = [x + step * 0.15, floor - max(height, 2), x + step * 0.85, floor]
            pen.rounded_rectangle(box, 4, _LAST if is_last else _BAR)
        if (len(bars) - 1 - at) % every == 0:
            middle = x + step / 2
            pen.text(
                (middle, floor + 12),
                _drawable(bar.label, 8 if len(bars) > FEW else 20),
                _FAINT,
                _face(16),
                "ma",
            )
            if bar.value > 0 and len(bars) <= 16:
                told = _short(bar.value)
                pen.text((middle, floor - height - 6), told, _INK, _face(16), "mb")


def _nice(value: int) -> int:
    """The next round number above, so that the lines of the grid have round names.

    >>> _nice(0), _nice(6), _nice(9), _nice(41), _nice(1890)
    (4, 8, 12, 60, 2000)
    """
    if value <= 12:  # a quarter of a text means nothing
        return max(4, -(-value // 4) * 4)
    scale = int(10 ** (len(str(max(value, 1))) - 1))
    fitting = (scale * factor for factor in (1, 2, 4, 6, 8, 10) if scale * factor >= value)
    return next(fitting)


def _short(value: float) -> str:
    """A count as it fits on an axis.

    >>> _short(950), _short(12_500), _short(2_000_000)
    ('950', '12.5k', '2M')
    """
    for size, sign in ((1_000_000, "M"), (1_000, "k")):
        if value >= 10 * size or (value >= size and value % (size / 10) == 0):
            return f"{value / size:.1f}".removesuffix(".0") + sign
    return f"{value:g}"


def _grouped(amount: str) -> str:
    """Write thousands apart.

    >>> _grouped("1250.50")
    '1,250.50'
    """
    whole, dot, part = amount.partition(".")
    return f"{int(whole):,}{dot}{part}" if whole.lstrip("-").isdigit() else amount


def _drawable(text: str, most: int) -> str:
    plain = "".join(
        letter for letter in text if letter.isprintable() and ord(letter) <= _LETTER_MAX
    )
    plain = " ".join(plain.split())
    return plain if len(plain) <= most else plain[: most - 3] + "..."


@cache
def _face(size: int) -> ImageFont.FreeTypeFont:
    face = ImageFont.load_default(size)
    assert isinstance(face, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
    return face
