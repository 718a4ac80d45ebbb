"""Texts with places to fill in: whatever is written and whatever is filled in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.campaigns.placeholders import Parsed, PlaceholderWrong, ValueMissing, check, key, parse

ANY = st.text(max_size=60)
# Texts that are full of braces and bars, as mistakes are.
BRACED = st.text(st.sampled_from("{}|{}ab _-. %s"), max_size=40)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,8}([ _-][a-z]{1,5})?", fullmatch=True)
PLAIN = st.text(max_size=20).filter(lambda text: "{{" not in text and "{" not in text[-1:])


@given(ANY | BRACED)
def test_any_text_is_read_or_refused_with_its_position(text: str) -> None:
    try:
        parsed = parse(text)
    except PlaceholderWrong as refusal:
        position = refusal.fields["position"]
        assert text[position - 1 :].startswith("{{")
    else:
        assert "{{" not in "".join(parsed.literals[:1])


@given(ANY | BRACED, ANY | BRACED)
def test_whatever_is_filled_in_never_breaks_a_text(text: str, value: str) -> None:
    try:
        parsed = parse(text)
    except PlaceholderWrong:
        return
    shown = parsed.shown([value] * len(parsed.places))
    assert shown == "".join(
        literal + value for literal in parsed.literals[:-1]
    ) + parsed.literals[-1]  # fmt: skip


@given(st.lists(st.tuples(PLAIN, NAMES, st.text(min_size=1, max_size=20)), max_size=5), PLAIN)
def test_what_stands_survives_and_what_is_named_is_put_in(
    parts: list[tuple[str, str, str]], end: str
) -> None:
    values = {key(name): value for _, name, value in parts}
    text = "".join(f"{literal}{{{{{name}}}}}" for literal, name, _ in parts) + end

    expected = "".join(literal + values[key(name)] for literal, name, _ in parts) + end
    assert parse(text).render(values) == expected


@given(NAMES, st.text(max_size=20).filter(lambda text: not set("{}|") & set(text)))
def test_a_default_stands_in_for_a_value_that_is_missing_or_empty(name: str, default: str) -> None:
    parsed = parse(f"a {{{{{name}|{default}}}}} b")

    assert parsed.render({}) == parsed.render({key(name): ""}) == f"a {default.strip()} b"
    assert parsed.render({key(name): "x"}) == "a x b"


@pytest.mark.parametrize(
    "text",
    ["{{", "{{}}", "{{ }}", "{{a.b}}", "{{a[0]}}", "{{__class__}}", "{{{a}}}", "{{a|b|c}}", "{{a}"],
)
def test_two_braces_that_are_no_placeholder_are_a_mistake(text: str) -> None:
    with pytest.raises(PlaceholderWrong):
        parse(text)


def test_the_mistake_is_pointed_at() -> None:
    with pytest.raises(PlaceholderWrong) as refused:
        parse("Habari {{name}}, {{!}}")

    assert refused.value.words().startswith("Character 18 begins")
    assert "{{name|friend}}" in refused.value.words("en")
    assert "{{name|rafiki}}" in refused.value.words("sw")


@pytest.mark.parametrize(
    ("text", "position"),
    [("Habari name}}, karibu", 12), ("{{a}}}}", 6), ("{{a}} b}} {{c}}", 8), ("}}", 1)],
)
def test_a_lone_end_is_pointed_at(text: str, position: int) -> None:
    with pytest.raises(PlaceholderWrong) as refused:
        check(text)

    assert refused.value.fields["position"] == position
    assert "never begins" in refused.value.words()


def test_names_are_compared_without_case_and_spaces() -> None:
    parsed = parse("{{Amount Due}} {{amount_due}} {{ AMOUNT-DUE }}")

    assert parsed.names == ("amount_due",)
    assert parsed.render({"amount_due": "500"}) == "500 500 500"


def test_every_missing_value_is_named_once_as_it_was_written() -> None:
    parsed = parse("{{Name}} {{City|Nairobi}} {{Name}} {{amount}}")

    assert parsed.missing({}) == ["Name", "amount"]
    with pytest.raises(ValueMissing) as refused:
        parsed.render({"amount": "5"})
    assert refused.value.fields["name"] == "Name"


def test_values_are_never_looked_into() -> None:
    parsed: Parsed = parse("{{a}}%s %(a)s {0} {a}")

    assert parsed.render({"a": "{{b}} %d {c}"}) == "{{b}} %d {c}%s %(a)s {0} {a}"
