"""The words of a campaign for each person."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import text
from core.campaigns.audience import Recipient
from core.campaigns.placeholders import ValueMissing
from core.campaigns.wording import Wording, cheaper
from core.messaging import rules
from core.messaging.models import Category

FIELDS = {"Amount Due": "500", "Bad": "a\x07b\n"}
ASHA = Recipient("con_1", "254712345678", "Asha Wanjiru", "sw", json.dumps(FIELDS))
NOBODY = Recipient(None, "254712345679")
ABROAD = Recipient(None, "256772123456")
# What people paste: plain, typographic, accented, dear.
LETTERS = st.text(st.sampled_from("abc 'é“”’–…½5ṹ😀`℃{"), max_size=40)


def said(message: str, who: Recipient = ASHA, **more: object) -> str:
    return Wording({"en": message}, "en", **more).text_for(who).body  # type: ignore[arg-type]


def test_name_first_name_and_phone_are_known_of_a_contact() -> None:
    assert said("{{name}}/{{first_name}}/{{phone}}") == "Asha Wanjiru/Asha/0712345678"
    assert said("{{phone}}", ABROAD) == "+256772123456"


def test_name_and_phone_have_other_names_that_a_field_or_a_value_for_all_takes() -> None:
    assert said("{{jina}}/{{Jina kamili}}/{{SIMU}}/{{namba}}") == (
        "Asha Wanjiru/Asha Wanjiru/0712345678/0712345678"
    )
    own = Recipient("con_1", "254712345678", "Asha Wanjiru", fields='{"Namba":"7","Jina":""}')
    assert said("{{namba}} {{jina}}", own) == "7 Asha Wanjiru"
    assert said("{{namba}}", params={"namba": "8"}) == "8"
    assert said("{{jina}}", NOBODY, params={"name": "rafiki"}) == "rafiki"
    assert said("{{jina|mteja}} {{jina_la_kwanza|wewe}}", NOBODY) == "mteja wewe"


def test_the_cheaper_words_keep_their_places() -> None:
    assert cheaper("“{{Año}}” – {{name|“x”}} {{a|}}") == '"{{Año}}" - {{name|"x"}} {{a|}}'


def test_a_field_is_found_however_its_name_is_written() -> None:
    assert said("{{amount_due}} {{AMOUNT DUE}}") == "500 500"


def test_a_value_for_all_is_taken_where_a_person_has_none() -> None:
    params = {"Amount Due": "9", "name": "rafiki"}

    assert said("{{amount_due}} {{name}}", params=params) == "500 Asha Wanjiru"
    assert said("{{amount_due}} {{name}}", NOBODY, params=params) == "9 rafiki"


def test_what_no_handset_shows_is_taken_out_of_values() -> None:
    assert said("{{bad}}.") == "ab."


def test_a_missing_value_is_named_with_the_number() -> None:
    with pytest.raises(ValueMissing) as refused:
        said("{{name}} {{city}}", NOBODY)

    assert refused.value.fields == {"name": "name, city", "count": 1, "numbers": "0712345679"}
    assert refused.value.words("en").endswith("a default, as in {{name|friend}}.")


def test_everybody_is_written_to_in_their_language_when_there_are_words_in_it() -> None:
    words = Wording({"en": "Hello", "sw": "Habari"}, "en")

    assert words.text_for(ASHA).body == "Habari"
    assert words.text_for(NOBODY).body == "Hello"
    assert words.text_for(Recipient(None, "254712345670", language="fr")).body == "Hello"


def test_the_way_out_is_added_to_adverts_and_counted() -> None:
    words = Wording({"en": "a" * 160}, "en", category=Category.PROMOTIONAL)

    written = words.text_for(ASHA)
    assert written.body == rules.with_suffix("a" * 160, Category.PROMOTIONAL)
    assert written.segments == 2


def test_a_text_with_nothing_in_it_has_no_segments_even_with_a_way_out() -> None:
    for category in Category:
        words = Wording({"en": "{{city|}} "}, "en", category=category)
        assert words.text_for(NOBODY).segments == 0


@given(st.lists(LETTERS, min_size=1, max_size=4), st.lists(LETTERS, min_size=3, max_size=3))
def test_the_quick_rewrite_is_the_rewrite_of_the_whole_text(
    literals: list[str], values: list[str]
) -> None:
    message = literals[0].replace("{", "")
    for at, literal in enumerate(literals[1:]):
        message += f"{{{{f{at}}}}}{literal.replace('{', '')}"
    fields = {f"f{at}": value for at, value in enumerate(values)}
    who = Recipient(None, "254712345678", fields=json.dumps(fields))
    plainly = Wording({"en": message}, "en").write(who)
    cheaply = Wording({"en": message}, "en", rewrite=True).write(who)
    if plainly is None or cheaply is None or not plainly.segments:
        return

    assert cheaply.body == text.rewrite(plainly.body)
    assert (cheaply.is_unicode, cheaply.segments) == text.weigh(cheaply.body)
    assert plainly.saved == cheaply.saved == plainly.segments - cheaply.segments


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=200) | LETTERS)
def test_weighing_a_text_is_measuring_it_and_keeping_less(written: str) -> None:
    measured = text.measure(written)

    assert text.weigh(written) == (measured.encoding == text.UCS2, measured.segments)
