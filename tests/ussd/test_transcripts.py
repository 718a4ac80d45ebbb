"""What was typed just now is found in what gateways repeat, whatever it contains."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd import transcripts

OURS = [("384", "1234")]


@pytest.mark.parametrize(
    ("given_", "code", "extension", "prefix", "parts"),
    [
        ("", "*384*1234#", "", "", ()),
        ("2*500", "*384*1234#", "", "", ("2", "500")),
        ("*384*1234#", "*384*1234#", "", "*384*1234", ()),
        ("*384*1234*2*500#", "*384*1234#", "", "*384*1234", ("2", "500")),
        ("*384*1234*2*500#", "*384*1234", "", "*384*1234", ("2", "500")),
        ("*384*1234*2#", "*384#", "", "*384*1234", ("2",)),
        ("384*1234*2", "", "", "384*1234", ("2",)),
        ("3841234*2", "", "", "3841234", ("2",)),
        ("1234", "384", "", "1234", ()),
        ("1234*7", "384", "", "1234", ("7",)),
        ("1234", "*384*1234#", "", "", ("1234",)),
        ("33", "*415#", "33", "33", ()),
        ("33*33", "*415#", "33", "33", ("33",)),
        ("*415*33*1#", "*415#", "33", "*415*33", ("1",)),
        ("*415*33*1#", "*415*33#", "33", "*415*33", ("1",)),
        ("*928*1#", "", "", "*928*1", ()),
        ("*713*2*Hello#", "713", "", "*713", ("2", "Hello")),
        ("2", "*384*1234#", "", "", ("2",)),
    ],
)
def test_the_first_input_is_taken_apart(
    given_: str, code: str, extension: str, prefix: str, parts: tuple[str, ...]
) -> None:
    dialled = transcripts.first(given_, code, OURS, extension)

    assert (dialled.prefix, dialled.parts) == (prefix, parts)


@pytest.mark.parametrize(
    ("raw", "prefix", "rest"),
    [
        ("33*2*Dan", "33", "2*Dan"),
        ("33*33", "33", "33"),
        ("334*1", "33", "334*1"),
        ("*384*1234#", "*384*1234", ""),
        ("*384*1234*1#", "*384*1234", "1"),
        ("*384*1234#*1", "*384*1234", "1"),
        ("*384*1234*1*500#", "*384*1234", "1*500"),
        ("1*Room #", "", "1*Room #"),
        ("1*", "", "1*"),
    ],
)
def test_the_learned_prefix_comes_off_every_later_hop(raw: str, prefix: str, rest: str) -> None:
    """Exactly that prefix: whoever types 33 is not mistaken for the extension."""
    assert transcripts.after(raw, prefix) == rest


@pytest.mark.parametrize(
    ("before", "now", "typed"),
    [
        ("", "1", "1"),
        ("1", "1*500", "500"),
        ("1", "1*Buy 2*3 items", "Buy 2*3 items"),
        ("1*Buy 2*3 items", "1*Buy 2*3 items*1", "1"),
        ("1", "1*", ""),
        ("1*", "1**5", "5"),
        ("", "2*500", "2*500"),
        ("2*500", "2*500#*1", "1"),
        ("1*Habari", "1*Habari *2", "2"),
        ("1", "1", None),
        ("1", "2", None),
        ("1", "12", None),
        ("1*500", "1", None),
        ("1*500", "1*501*2", None),
        ("", "", None),
    ],
)
def test_only_what_was_added_is_new(before: str, now: str, typed: str | None) -> None:
    assert transcripts.added(now, transcripts.remember(before)) == typed


TYPED = st.text(alphabet="019*#x \u00e9", max_size=6)
PREFIXES = st.sampled_from(["", "33", "*384*1234"])


@given(first=TYPED.filter(bool), rest=st.lists(TYPED, max_size=8), prefix=PREFIXES)
def test_any_inputs_come_out_as_they_went_in(first: str, rest: list[str], prefix: str) -> None:
    """Stars, signs and spaces are the person's own; blank answers are found as blanks."""
    before, typed = transcripts.remember(""), [first, *rest]
    for count in range(1, len(typed) + 1):
        raw = "*".join(([prefix] if prefix else []) + typed[:count])
        now = transcripts.after(raw + "#" if prefix.startswith("*") else raw, prefix)

        assert transcripts.added(now, before) == typed[count - 1]
        before = transcripts.remember(now)


def test_nothing_of_a_transcript_can_be_read_back() -> None:
    heard = transcripts.remember("1*500*2580")

    assert "2580" not in heard.digest[:4]
    assert heard != transcripts.remember("1*500*2581")
    assert len(heard.digest) == 64


@pytest.mark.parametrize(
    ("code", "is_ours"),
    [("*384*1234#", True), ("384", True), ("*384*1234*2#", True), ("*415#", False), ("", True)],
)
def test_a_code_leads_to_us_or_not(code: str, is_ours: bool) -> None:
    assert transcripts.is_ours(code, OURS) is is_ours


def test_every_code_of_the_settings_is_ours(change_settings) -> None:
    change_settings("ussd", other_codes=("*713*2#", "*920#"))

    assert transcripts.codes() == [("384", "1234"), ("713", "2"), ("920",)]


@pytest.mark.parametrize(
    ("text", "is_code"),
    [("384*1234", True), ("*384*1234*2*500#", True), ("2", False), ("Habari", False), ("", False)],
)
def test_a_late_answer_is_no_dialled_code(text: str, is_code: bool) -> None:
    assert transcripts.looks_dialled(text) is is_code
