"""Charts: drawn from whatever figures there are, in the person's language, and small."""

from __future__ import annotations

import doctest
import io

import pytest
from PIL import Image

from core import words
from core.dialogue.screens import Picture
from core.notices import charts
from core.notices.charts import Bar


def say(sentence: str, /, **fields: object) -> str:
    return words.say("sw", sentence, **fields)


def size(png: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(png)) as image:
        image.verify()
        return image.size


def days(*counts: int) -> list[dict[str, object]]:
    return [{"day": f"2026-11-{at:02d}", "messages": count} for at, count in enumerate(counts, 1)]


@pytest.mark.parametrize("counts", [(), (0,), (0, 0, 0), (1, 20_000_000), tuple(range(28))])
def test_any_days_can_be_drawn(counts: tuple[int, ...]) -> None:
    data = {"business": "Salon", "available": "1250.50", "units": 3, "days": days(*counts)}
    png = charts.draw(Picture("balance", data), say)

    assert png is not None
    assert size(png) == (charts.WIDTH, charts.HEIGHT)
    assert len(png) < 100_000


def test_a_year_of_days_still_fits() -> None:
    assert size(charts.draw_bars("Year", ["1", "2"], [Bar("1/1", at) for at in range(365)]))


def test_a_name_in_any_letters_can_be_drawn() -> None:
    assert size(charts.draw_bars("💇‍♀️ Sàlon\n\u200b 美容 " * 20, ["\x00"], []))


def test_a_picture_nobody_can_draw_is_left_to_words() -> None:
    assert charts.draw(Picture("weather", {}), say) is None


def test_the_examples_hold() -> None:
    assert doctest.testmod(charts).failed == 0
