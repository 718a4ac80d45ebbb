"""What the gateway refuses in a row: charged nothing, told in words, and once to the operator."""

from __future__ import annotations

import msgspec
import pytest

from core import words
from core.events import Event
from core.gateways.outcome import Outcome
from core.gateways.sms import Answer, RowAnswer
from core.messaging import reasons, recording
from core.messaging.models import Message
from tests.messaging.scene import (
    ASHA,
    BLOCKED,
    JUMA,
    Gateway,
    Make,
    accepted,
    assert_proved,
    available,
    hand_over,
    held,
    message,
    send,
)

# As it was captured: code 0 for the call, 401 in the row, and our account's name in the words.
FILTERED = "Value filter failed for user [our-client] (source_address filter mismatch)."
REFUSED = RowAnswer(Outcome.REFUSED, code="401", why=FILTERED)


@pytest.fixture(autouse=True)
def fresh() -> None:
    recording._told.clear()


def refusing(count: int) -> Answer:
    return Answer(Outcome.ACCEPTED, (REFUSED,) * count, code="0")


def told() -> list[dict[str, object]]:
    return [
        msgspec.json.decode(row.data)
        for row in Event.select().where(Event.name == "sender_id.refused")
    ]


def test_a_refused_row_is_charged_nothing_and_keeps_our_account_to_itself(
    make_tenant: Make,
) -> None:
    tenant = make_tenant(wallet="10", price="1")
    batch = send(tenant, ASHA)
    hand_over(Gateway(refusing(1)))

    row = message(batch)
    assert (row.status, row.charge, row.reason) == ("rejected", "released", "sender_refused")
    assert (available(tenant), held(tenant)) == ("10.00", "0.00")
    said = reasons.words_of(row.reason, "en", sender=row.sender)
    assert said is not None
    assert "sender ID TUMA" in said
    assert "our-client" not in said
    assert "Nothing was charged" in said
    assert_proved()


def test_the_operator_hears_once_of_a_refused_sender(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="100", price="1")
    for number in range(5):
        send(tenant, ASHA, body=f"Text {number}", once=str(number))
        hand_over(Gateway(refusing(1)))

    assert told() == [
        {"sender_id": "TUMA", "account_id": 1, "why": FILTERED},
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (RowAnswer(Outcome.REFUSED, code="401"), "sender_refused"),
        (RowAnswer(Outcome.REFUSED, code="013", why="Invalid mobile"), "gateway_refused"),
        (RowAnswer(Outcome.REFUSED, code="13"), "number_refused"),
        (RowAnswer(Outcome.REFUSED, why="destination_address filter mismatch"), "number_refused"),
        (RowAnswer(Outcome.REFUSED, code="24"), "text_refused"),
        (RowAnswer(Outcome.REFUSED, code="999", why="What?"), "gateway_refused"),
        (RowAnswer(Outcome.UNKNOWN, why="The answer has no row."), "answer_lost"),
        (RowAnswer(Outcome.ACCEPTED), "no_provider_id"),
        (RowAnswer(Outcome.ACCEPTED, "id-1"), None),
    ],
)
def test_each_refusal_has_its_reason(make_tenant: Make, row: RowAnswer, reason: str | None) -> None:
    batch = send(make_tenant(wallet="10"), ASHA)
    hand_over(Gateway(Answer(Outcome.ACCEPTED, (row,), code="0")))

    assert message(batch).reason == reason


def test_trouble_with_the_account_is_nobodys_reason(make_tenant: Make) -> None:
    send(make_tenant(wallet="10"), ASHA, JUMA)
    hand_over(Gateway(BLOCKED, accepted("a", "b")))

    assert {row.reason for row in Message.select()} == {None}
    assert told() == []


@pytest.mark.parametrize("reason", ["blocked", "erased", "not_sent", "opted_out", "repeat"])
def test_why_we_kept_a_text_back_is_said_in_words(reason: str) -> None:
    for language in ("en", "sw"):
        said = reasons.words_of(reason, language, sender="TUMA")
        assert said is not None
        assert said.endswith(".")


def test_every_reason_can_be_said_in_both_languages() -> None:
    for sentence in reasons.WORDS.values():
        swahili = words.catalogue("sw")[sentence]
        assert max(len(sentence), len(swahili)) <= 156
        assert (sentence + swahili).isascii()


def test_an_operators_own_words_stay_as_they_came() -> None:
    assert reasons.words_of("Absent subscriber", "sw", sender="TUMA") == "Absent subscriber"
    assert reasons.words_of(None, "sw", sender="TUMA") is None
