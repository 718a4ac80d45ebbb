"""A screen is drawn in pages that fit the smallest phone, and loses nothing on the way."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dialogue.screens import Asks, Option, Screen
from core.words import say as translate
from ussd.render import number_of, pages, place_of, plain, units

LIMIT = 156


def say(sentence: str) -> str:
    return sentence


def menu(text: str, *labels: str, notice: str | None = None, **more: bool) -> Screen:
    options = tuple(Option(f"k{at}", label) for at, label in enumerate(labels))
    return Screen(text, Asks.CHOICE, options, "do", notice=notice, **more)


def test_a_short_menu_is_one_page_with_its_keys_last() -> None:
    drawn = pages(menu("Send to:", "All", "One", can_go_back=True), say, LIMIT)

    assert drawn == ["Send to:\n1. All\n2. One\n0. Back  00. Home"]


def test_the_first_screen_has_no_way_back() -> None:
    assert pages(menu("Salon", "Send SMS", is_home=True), say, LIMIT) == ["Salon\n1. Send SMS"]


def test_last_words_have_no_keys() -> None:
    assert pages(Screen("Bye."), say, LIMIT) == ["Bye."]


def test_a_long_list_runs_on_with_its_numbers_and_its_title() -> None:
    labels = [f"Group number {at} of the salon" for at in range(1, 12)]
    drawn = pages(menu("Choose a group:", *labels, can_go_back=True), say, LIMIT)

    assert len(drawn) > 2
    assert all(page.startswith("Choose a group:\n") for page in drawn)
    assert "98. More" in drawn[0]
    assert "98. More" not in drawn[-1]
    numbers = [int(each) for page in drawn for each in re.findall(r"^(\d+)\. Group", page, re.M)]
    assert numbers == list(range(1, 12))


def test_every_page_says_how_to_go_home() -> None:
    drawn = pages(menu("Groups", *["Wateja wa Nairobi"] * 20, can_go_back=True), say, LIMIT)

    assert all(page.endswith("0. Back  00. Home") for page in drawn)


def test_from_the_second_page_of_the_first_screen_one_can_go_back() -> None:
    drawn = pages(menu("Groups", *["Wateja wa Nairobi"] * 20, is_home=True), say, LIMIT)

    assert drawn[0].endswith("98. More")
    assert drawn[1].endswith("98. More\n0. Back")


def test_an_item_too_long_alone_loses_its_end_and_not_its_number() -> None:
    drawn = pages(menu("Choose:", "x" * 300, "Short"), say, LIMIT)

    assert re.search(r"^1\. x+\.\.\.$", drawn[0], re.M)
    assert "2. Short" in drawn[-1]


def test_a_long_text_is_cut_between_words() -> None:
    words = " ".join(f"neno{at}" for at in range(60))
    drawn = pages(Screen(words), say, LIMIT)

    assert len(drawn) == 3
    told = " ".join(page.replace("\n98. More\n", "\n").split("\n")[0] for page in drawn)
    assert told == words
    assert "Back" not in drawn[-1]


def test_a_long_question_comes_before_its_choices() -> None:
    question = "Send to Wateja? " + "Habari yako mteja wetu mpendwa. " * 8
    drawn = pages(menu(question, "Confirm", "Cancel", can_go_back=True), say, LIMIT)

    assert "1. Confirm\n2. Cancel" in drawn[-1]
    assert "98. More" in drawn[0]


def test_what_was_wrong_stands_above() -> None:
    drawn = pages(menu("Groups", *["Wateja wa Nairobi"] * 20, notice="Choose 1-20."), say, LIMIT)

    assert all(page.startswith("Choose 1-20.\nGroups\n") for page in drawn)


def test_a_long_reason_is_read_first() -> None:
    reason = "This costs KES 170 and you have KES 12. Top up first, or send to fewer people. " * 2
    drawn = pages(menu("Send?", "Confirm", "Cancel", notice=reason), say, LIMIT)

    assert len(drawn) > 1
    assert drawn[0].startswith("This costs KES 170")
    assert "1. Confirm" in drawn[-1]


def test_the_keys_speak_the_persons_language() -> None:
    def sema(sentence: str) -> str:
        return translate("sw", sentence)

    drawn = pages(menu("Vikundi", *["Wateja wa Nairobi"] * 20, can_go_back=True), sema, LIMIT)

    assert drawn[0].endswith("98. Zaidi\n0. Rudi  00. Mwanzo")


@pytest.mark.parametrize(
    ("given_", "drawn"),
    [
        ("Ng’ombe “wetu” – café…", 'Ng\'ombe "wetu" - cafe...'),
        ("Asante 🎉🎉!", "Asante ?!"),
        ("👨‍👩‍👧 familia", "? familia"),
        ("Bei £5 na €6", "Bei GBP 5 na EUR 6"),
        ("`a`\ttab", "'a' tab"),
        ("Õ ñ ü ß", "O n u ss"),
        ("a\r\nb", "a\nb"),
        ("你好", "?"),
        ("{x} {0} %s", "{x} {0} %s"),
    ],
)
def test_letters_are_plain(given_: str, drawn: str) -> None:
    """What people typed is text: braces are drawn, never filled."""
    assert plain(given_) == drawn


def test_no_item_has_the_number_of_the_next_page() -> None:
    assert [number_of(place) for place in (0, 96, 97, 98)] == [1, 97, 99, 100]
    assert all(place_of(number_of(place)) == place for place in range(300))


TEXT = st.text(max_size=400) | st.text(alphabet="ab [{~é\n", max_size=300)
LABEL = st.text(min_size=1, max_size=60) | st.text(alphabet="a{[", min_size=1, max_size=250)


@given(
    text=TEXT,
    labels=st.lists(LABEL, max_size=25),
    notice=st.none() | st.text(max_size=200),
    limit=st.integers(60, 182),
    can_go_back=st.booleans(),
    is_home=st.booleans(),
    language=st.sampled_from(["en", "sw"]),
)
def test_any_screen_fits_and_every_option_is_reachable(
    text: str,
    labels: list[str],
    notice: str | None,
    limit: int,
    can_go_back: bool,
    is_home: bool,
    language: str,
) -> None:
    screen = menu(text, *labels, notice=notice, can_go_back=can_go_back, is_home=is_home)
    drawn = pages(screen, lambda sentence: translate(language, sentence), limit)

    assert all(units(page) <= limit for page in drawn)
    assert all(page.isascii() for page in drawn)
    for place in range(len(labels)):
        line = re.compile(rf"^{number_of(place)}\. ", re.M)
        assert any(line.search(page) for page in drawn)
    assert sum(f"98. {translate(language, 'More')}" in page for page in drawn) >= len(drawn) - 1
