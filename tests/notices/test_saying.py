"""Whatever people are called, what they are told is one text message, in either language."""

from __future__ import annotations

from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import words
from core.notices import bulk, replies, results, saying, telling
from core.notices.saying import Words, fits, gsm

SENTENCES = [
    telling.APPROVED,
    telling.REJECTED,
    telling.SUSPENDED,
    telling.RESUMED,
    telling.LOW,
    telling.A_DAY,
    telling.VERY_LOW,
    results.ONE,
    results.MANY,
    bulk.ASKED,
    bulk.APPROVED,
    bulk.REJECTED,
    bulk.STALE,
    bulk.PAUSED,
    bulk.NOT_STARTED,
    bulk.CANCELLED,
    bulk.RESULT,
    bulk.IMPORTED,
    bulk.IMPORT_FAILED,
    bulk.LEFT_OUT,
    *replies.SENDER_STATES.values(),
    replies.OPERATOR,
    replies.OPERATOR_NO,
]
LONGEST = {
    "code": "*384*12345*6#",
    "balance": "1,234,567.89",
    "days": "2",
    "phone": "+256 772 123456",
    "count": "1,000,000",
    "left": "1,000,000",
    "done": "1,000,000",
    "cost": "1,234,567.25",
    "amount": "1,234,567.25",
    "created": "1,000,000",
    "updated": "1,000,000",
    "duplicate": "1,000,000",
    "rejected": "1,000,000",
    "sender": "WWWWWWWWWWW",
    "operator": "Safaricom",
}
NAMES = ("business", "reason", "name", "campaign", "file")


def longest_lumps(language: str) -> str:
    told = [words.say(language, sentence, count="123,456") for _, sentence, _ in bulk.LUMPS]
    return ", ".join(told)


anything = st.text(max_size=200)


def longest_parts(language: str, *, is_one: bool) -> str:
    if is_one:
        return max((words.say(language, each) for each in results.ALONE.values()), key=len)
    told = [words.say(language, sentence, count="333") for sentence, _ in results.PARTS]
    return ", ".join(sorted(told, key=len)[-4:])


@pytest.mark.parametrize("language", ["en", "sw"])
@pytest.mark.parametrize("sentence", SENTENCES)
@given(business=anything, reason=anything)
def test_every_sentence_is_one_segment_whatever_is_in_it(language, sentence, business, reason):
    fields = {name for _, name, _, _ in Formatter().parse(sentence) if name}
    names = {"reason": reason} | dict.fromkeys(set(NAMES) - {"reason"}, business)
    given_names = {name: value for name, value in names.items() if name in fields}
    rest = {name: LONGEST[name] for name in fields & LONGEST.keys()}
    if "parts" in fields:
        rest["parts"] = (
            longest_lumps(language)
            if sentence == bulk.RESULT
            else longest_parts(language, is_one=sentence == results.ONE)
        )
    said = saying.say(language, sentence, given_names, **rest)

    assert fits(said.short)
    for value in rest.values():
        assert value in said.short, "only names may give way"


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_has_its_swahili(sentence):
    assert sentence in words.catalogue("sw")


@pytest.mark.parametrize(
    "sentence",
    [sentence for sentence, _ in results.PARTS] + list(results.ALONE.values()),
)
def test_every_part_of_a_result_has_its_swahili(sentence):
    assert sentence in words.catalogue("sw")


def test_a_short_name_is_left_alone():
    said = saying.say("en", telling.RESUMED, {"business": "Salon Zuri"})

    assert said == Words(
        "Salon Zuri is open again. You can send SMS now.",
        "Salon Zuri is open again. You can send SMS now.",
    )


def test_the_longest_name_gives_way_first():
    said = saying.say("en", telling.REJECTED, {"business": "Salon Zuri", "reason": "x" * 400})

    assert said.short.startswith("Salon Zuri was not approved: xxx")
    assert said.short.endswith("...".join(["", ". Contact us, or sign up again."]))
    assert "x" * 400 in said.whole


@given(anything)
def test_gsm_leaves_nothing_that_costs_more(said):
    written = gsm(said)

    assert saying.text.offenders(written) == []


def test_gsm_keeps_what_it_can():
    assert gsm("Tũgũtũmĩra “nywele” 💇‍♀️ na é") == 'Tugutumira "nywele" na é'
