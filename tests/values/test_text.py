"""Texts: segments are counted as networks count them, and no rewriting costs more."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import text as texts
from core.text import GSM7, UCS2, InvalidText

# Written out again on purpose, code by code from the standard's two tables.
BASIC = [
    *(0x40, 0xA3, 0x24, 0xA5, 0xE8, 0xE9, 0xF9, 0xEC, 0xF2, 0xC7, 0x0A, 0xD8, 0xF8, 0x0D, 0xC5),
    *(0xE5, 0x394, 0x5F, 0x3A6, 0x393, 0x39B, 0x3A9, 0x3A0, 0x3A8, 0x3A3, 0x398, 0x39E, 0xC6),
    *(0xE6, 0xDF, 0xC9, 0x20, 0x21, 0x22, 0x23, 0xA4, *range(0x25, 0x40), 0xA1),
    *(*range(0x41, 0x5B), 0xC4, 0xD6, 0xD1, 0xDC, 0xA7, 0xBF, *range(0x61, 0x7B)),
    *(0xE4, 0xF6, 0xF1, 0xFC, 0xE0),
]
EXTENSION = [0x0C, 0x5E, 0x7B, 0x7D, 0x5C, 0x5B, 0x7E, 0x5D, 0x7C, 0x20AC]

basic = st.sampled_from([chr(code) for code in BASIC])
extension = st.sampled_from([chr(code) for code in EXTENSION])
scripts = st.sampled_from("ŵéâ😀👨\u200d👩\ufe0fñçاб中“”…–\u00a0½1ﬁ\u0301e")
TEXTS = st.one_of(
    st.text(basic, max_size=500),
    st.text(st.one_of(basic, basic, basic, extension), max_size=500),
    st.text(st.one_of(basic, scripts, st.characters()), max_size=250),
    st.builds(
        lambda start, more: start + more,
        st.integers(60, 340).map(lambda count: "a" * count),
        st.text(st.one_of(extension, scripts), max_size=20),
    ),
)


def reference_parts(text: str) -> list[list[str]]:
    """Fill segments one character at a time, the slow and obvious way."""
    if all(ord(c) in BASIC or ord(c) in EXTENSION for c in text):
        cost = {c: 2 if ord(c) in EXTENSION else 1 for c in text}
        alone, joined = 160, 153
    else:
        cost = {c: 2 if ord(c) > 0xFFFF else 1 for c in text}
        alone, joined = 70, 67
    if sum(cost[c] for c in text) <= alone:
        return [list(text)]
    parts: list[list[str]] = [[]]
    room = joined
    for c in text:
        if cost[c] > room:
            parts.append([])
            room = joined
        parts[-1].append(c)
        room -= cost[c]
    return parts


def test_the_alphabet_is_the_standards() -> None:
    assert len(BASIC) == 127
    for code in range(0x110000):
        expected = GSM7 if code in BASIC or code in EXTENSION else UCS2
        if code < 0x3000 or code % 97 == 0:
            assert texts.measure(chr(code)).encoding == expected, hex(code)


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", GSM7, 0, 1),
        ("a" * 160, GSM7, 160, 1),
        ("a" * 161, GSM7, 161, 2),
        ("a" * 306, GSM7, 306, 2),
        ("a" * 307, GSM7, 307, 3),
        ("a" * 918, GSM7, 918, 6),
        ("€" * 80, GSM7, 160, 1),
        ("€" * 81, GSM7, 162, 2),
        ("a" * 159 + "€", GSM7, 161, 2),
        ("a" * 152 + "€" + "b" * 152, GSM7, 306, 3),
        ("a" * 151 + "€" + "b" * 153, GSM7, 306, 2),
        ("[" * 153, GSM7, 306, 3),
        ("ŵ" * 70, UCS2, 70, 1),
        ("ŵ" * 71, UCS2, 71, 2),
        ("ŵ" * 134, UCS2, 134, 2),
        ("ŵ" * 135, UCS2, 135, 3),
        ("😀" * 35, UCS2, 70, 1),
        ("😀" * 36, UCS2, 72, 2),
        ("😀" * 67, UCS2, 134, 3),
        ("ŵ" * 66 + "😀" + "ŵ" * 66, UCS2, 134, 3),
        ("a" * 69 + "…", UCS2, 70, 1),
        ("“" + "a" * 159, UCS2, 160, 3),
    ],
)
def test_a_text_is_measured_as_networks_do(
    text: str, encoding: str, units: int, segments: int
) -> None:
    measured = texts.measure(text)

    assert (measured.encoding, measured.units, measured.segments) == (encoding, units, segments)
    assert texts.segments(text) == segments


@given(TEXTS)
@example("a" * 152 + "€" * 200)
@example("ŵ" + "😀" * 200)
def test_every_way_of_counting_agrees_with_the_obvious_one(text: str) -> None:
    parts = ["".join(part) for part in reference_parts(text)]

    assert texts.split(text) == parts
    assert texts.segments(text) == texts.measure(text).segments == len(parts)


@given(TEXTS)
def test_parts_join_to_the_text_and_fit(text: str) -> None:
    parts = texts.split(text)
    measured = texts.measure(text)

    assert "".join(parts) == text
    assert all(_units(part, measured.encoding) <= measured.per_segment for part in parts)
    assert measured.per_segment - _units(parts[-1], measured.encoding) == measured.left


def _units(part: str, encoding: str) -> int:
    if encoding == GSM7:
        return len(part) + sum(ord(c) in EXTENSION for c in part)
    return len(part.encode("utf-16-be", "surrogatepass")) // 2


@given(TEXTS, TEXTS)
def test_a_longer_text_never_costs_less(text: str, more: str) -> None:
    assert texts.segments(text + more) >= texts.segments(text)


def test_offenders_are_named_with_their_places_and_a_way_out() -> None:
    found = texts.offenders("“Ŵa” – 😀 “x”")

    assert [(o.character, o.positions, o.name, o.suggestion) for o in found] == [
        ("“", (1, 10), "left double quotation mark", '"'),
        ("Ŵ", (2,), "latin capital letter w with circumflex", "W"),
        ("”", (4, 12), "right double quotation mark", '"'),
        ("–", (6,), "en dash", "-"),
        ("😀", (8,), "grinning face", None),
    ]
    assert found[0].position == 1


def test_an_invisible_offender_is_named_and_dropped() -> None:
    (found,) = texts.offenders("Maji\u200b kesho")

    assert (found.position, found.name, found.suggestion) == (5, "zero width space", "")


@given(TEXTS)
def test_offenders_are_exactly_what_keeps_a_text_out_of_gsm7(text: str) -> None:
    found = texts.offenders(text)

    assert (found == []) == (texts.measure(text).encoding == GSM7)
    assert all(text[place - 1] == o.character for o in found for place in o.positions)


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        ("‘Maji’ “kesho” – «saa» 5…", '\'Maji\' "kesho" - "saa" 5...'),
        ("a\u00a0b\u2009c\u3000d\te", "a b c d e"),
        ("a\u200bb\ufeffc\u00add", "abcd"),
        ("a\u2028b", "a\nb"),
        ("• moja ● mbili", "- moja - mbili"),
        ("é à ñ Ç ö stay, ç ô ĩ ũ ś go", "é à ñ Ç ö stay, c o i u s go"),
        ("e\u0301 n\u0303 u\u0303 x\u0302", "é ñ u x"),
        ("ﬁne œuvre ŋ’ombe ŁÓDŹ", "fine oeuvre ng'ombe LODZ"),
        ("ＫＥＳ\u3000５００", "KES 500"),
        ("𝐇𝐞𝐥𝐥𝐨 𝓌orld", "Hello world"),
        ("1½ kg, ¼ kg", "1 1/2 kg, 1/4 kg"),
        ("№ 5 → ok ≤ 3 × 2 25°C", "No 5 -> ok <= 3 x 2 25 degC"),
        ("` ´", "' '"),
        ("10² m", "10² m"),
        ("1\ufe0f\u20e3 Sajili", "1 Sajili"),
        ("Habari “rafiki” 😀", 'Habari "rafiki" 😀'),
        ("👨\u200d👩\u200d👧 ❤\ufe0f", "👨\u200d👩\u200d👧 ❤\ufe0f"),
        ("نمی\u200cخواهم", "نمی\u200cخواهم"),
        ("Привет, мир", "Привет, мир"),
    ],
)
def test_a_text_is_rewritten_to_mean_the_same(text: str, rewritten: str) -> None:
    assert texts.rewrite(text) == rewritten


@given(TEXTS)
def test_rewriting_never_costs_more_and_never_needs_doing_twice(text: str) -> None:
    rewritten = texts.rewrite(text)

    assert texts.segments(rewritten) <= texts.segments(text)
    assert texts.rewrite(rewritten) == rewritten


@given(TEXTS)
def test_rewriting_never_loses_an_emoji(text: str) -> None:
    def symbols(some: str) -> list[str]:
        return [c for c in some if unicodedata.category(c) == "So" and ord(c) > 0xFFFF]

    kept = symbols(texts.rewrite(text))

    assert [c for c in symbols(text) if texts.offenders(c)[0].suggestion is None] == kept


@given(st.text(st.one_of(basic, extension), max_size=400))
def test_a_gsm7_text_is_left_alone(text: str) -> None:
    assert texts.rewrite(text) == text


def test_a_rewrite_that_would_cost_more_is_not_made() -> None:
    dearer = "…" * 70

    assert texts.segments(dearer) == 1
    assert texts.rewrite(dearer) == dearer


def test_a_saving_tells_before_after_and_what_is_left() -> None:
    saving = texts.rewrite_saving("“" + "a" * 150)
    assert (saving.before, saving.after, saving.saved, saving.left_over) == (3, 1, 2, [])

    saving = texts.rewrite_saving("“Karibu” 😀")
    assert (saving.text, saving.saved) == ('"Karibu" 😀', 0)
    assert [offender.character for offender in saving.left_over] == ["😀"]


def test_tidying_makes_one_kind_of_line_end_and_no_tabs() -> None:
    assert texts.tidy("a\r\nb\rc\nd\te 😀 ا") == "a\nb\nc\nd e 😀 ا"


@pytest.mark.parametrize(
    ("text", "position", "name"),
    [
        ("a\x00", 2, "U+0000"),
        ("\x1b[0m", 1, "U+001B"),
        ("ab\x0c", 3, "U+000C"),
        ("\x85", 1, "U+0085"),
        ("a\ud83d", 2, "U+D83D"),
    ],
)
def test_what_no_handset_shows_is_refused_by_place_and_name(
    text: str, position: int, name: str
) -> None:
    with pytest.raises(InvalidText) as refused:
        texts.tidy(text)

    assert str(position) in refused.value.words("en")
    assert name in refused.value.words("en")


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_ordinary_text_is_already_tidy(text: str) -> None:
    assert texts.tidy(text) == text
