"""Sender IDs and texts that are nobody's, in the ops chat: shown, decided once, told of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.gateways.onfon import Inbound as Received
from core.messaging import inbound, recording, sender_decisions, sender_requests, senders
from core.messaging.inbound import take_up
from core.messaging.models import SHARED_ACCOUNT, Category, Sender, SenderStatus
from core.messaging.sender_requests import Paper
from core.notices.models import OpsCard
from core.tenants.models import Audit
from tests.bots.desk import Admin
from tests.messaging.scene import ASHA, Gateway, hand_over, send
from tests.messaging.test_reasons import refusing
from tests.notices.room import Said
from tests.notices.scene import person, tell

PDF = Paper("letter.pdf", b"%PDF-1.7")


@pytest.fixture
def shop(jane: Admin, make_tenant: Callable[..., Any]) -> Any:
    return make_tenant(wallet="100")


def asked(shop: Any, *papers: Paper, name: str = "ZURI") -> str:
    """A request, its card in the chat. Gives its id."""
    who = person(shop)
    sender = sender_requests.ask(
        shop.tenant_id,
        name,
        Category.PROMOTIONAL,
        "Sales <b>of</b> shoes",
        papers,
        actor=who.actor,
        channel="telegram",
    )
    for _ in range(1 + len(papers)):
        tell(4)  # the chat takes so many messages a minute
    return str(sender.public_id)


def status() -> str:
    return str(Sender.get().status)


def card(jane: Admin) -> Said:
    return jane.room.said()[0]


def test_a_request_comes_as_a_card_with_its_papers_under_it(shop: Any, jane: Admin) -> None:
    asked(shop, PDF, Paper("id.png", b"\x89PNG\r\n\x1a\n"))
    first, *papers = jane.room.said()

    assert "New sender ID: ZURI" in first.text
    assert f"{shop.tenant_id} {shop.name}" in first.text
    assert "Class: promotional" in first.text
    assert "Sales &lt;b&gt;of&lt;/b&gt; shoes" in first.text
    assert "Asha" in first.text
    assert "letter.pdf, id.png" in first.text
    assert first.labels[:2] == ["Approve", "Reject"]
    assert [each.has_file for each in papers] == [True, True]
    assert "ZURI" in papers[0].text


def test_approve_lets_it_be_sent_under_and_the_card_says_who(shop: Any, jane: Admin) -> None:
    asked(shop)
    assert jane.presses("Approve").startswith("✅ Approved: ZURI")

    assert status() == "approved"
    assert "✅ Approved by <b>Jane</b>, 2 Mar 12:00" in card(jane).text
    assert card(jane).buttons == []


def test_a_second_tap_changes_nothing_and_says_who_did_it(
    shop: Any, jane: Admin, omar: Admin
) -> None:
    asked(shop)
    approve, reject = card(jane).data("Approve"), card(jane).data("Reject")
    jane.presses("Approve")

    for data in (approve, reject):
        said = omar.gives(data, card(jane))
        assert "Nothing was changed" in said
        assert "Approved by Jane" in said
    assert Audit.select().where(Audit.act == "sender_id.approved").count() == 1


def test_reject_asks_why(shop: Any, jane: Admin) -> None:
    asked(shop)
    assert jane.presses("Reject") == "Reply to the message below."
    prompt = jane.room.last()
    assert prompt.forces_reply
    assert status() == "requested"

    jane.says("The letter does not name it", reply_to=prompt)
    assert (status(), Sender.get().reason) == ("rejected", "The letter does not name it")
    assert "❌ Rejected by <b>Jane</b>" in card(jane).text


def test_a_reason_for_what_was_decided_meanwhile_changes_nothing(shop: Any, jane: Admin) -> None:
    key = asked(shop)
    jane.presses("Reject")
    prompt = jane.room.last()
    sender_decisions.approve(key, actor="admin:x", channel="admin")
    jane.says("Too late", reply_to=prompt)

    assert status() == "approved"


def test_a_no_can_be_left(shop: Any, jane: Admin) -> None:
    asked(shop)
    jane.presses("Reject")
    said = jane.says("/cancel")
    assert said is not None
    assert said.text == "Nothing has changed."
    jane.says("Good morning everybody")

    assert status() == "requested"


def test_operators_are_moved_on_one_by_one(shop: Any, jane: Admin) -> None:
    key = asked(shop)
    stale = card(jane).data("Airtel: submitted")
    assert "Safaricom: submitted" in jane.presses("Safaricom: submitted", card(jane))
    assert status() == "submitted"
    assert "Safaricom: approved" in card(jane).labels
    sender_decisions.set_operator(
        key, "airtel", SenderStatus.APPROVED, actor="admin:x", channel="admin"
    )

    assert "Nothing was changed" in jane.gives(stale, card(jane))
    assert senders.by_operator([Sender.get()])[shop.tenant_id, "ZURI"]["airtel"] == "approved"
    jane.presses("Safaricom: approved", card(jane))
    jane.presses("Telkom: submitted", card(jane))
    jane.presses("Telkom: approved", card(jane))
    assert status() == "approved"
    assert card(jane).buttons == []


def test_what_waits_is_listed(shop: Any, jane: Admin) -> None:
    assert jane.says("/senders").text == "No sender ID waits for a decision."  # type: ignore[union-attr]
    asked(shop)
    listed = jane.says("/senders")
    assert listed is not None
    assert "ZURI" in listed.text

    jane.presses("ZURI", listed)
    assert jane.room.last().labels[:2] == ["Approve", "Reject"]


def test_a_request_that_is_gone_is_told(shop: Any, jane: Admin) -> None:
    asked(shop)
    data = card(jane).data("Approve").replace("snd_", "snd_x")

    assert "no such sender ID" in jane.gives(data, card(jane))


def came(body: str, sender: str = "0722000111") -> None:
    inbound.receive(SHARED_ACCOUNT, Received(sender, "20880", body))
    take_up()
    tell(4)


def test_a_text_for_nobody_comes_as_one_card_a_number_and_day(jane: Admin) -> None:
    came("Who are <you>?")
    came("Hello?")

    (shown,) = jane.room.said()
    assert "Who are &lt;you&gt;?" in shown.text
    assert "Hello?" in shown.text
    assert "0722 000 111" in shown.text
    assert shown.labels == ["Ignore"]


def test_it_is_put_aside_once(jane: Admin, omar: Admin) -> None:
    came("Who are you?")
    data = card(jane).data("Ignore")
    assert jane.presses("Ignore") == "👌 Ignored"

    assert "Ignored by <b>Jane</b>" in card(jane).text
    assert "Nothing was changed" in omar.gives(data, card(jane))
    came("Again")
    assert card(jane).labels == ["Ignore"]


def test_a_name_with_colons_can_be_put_aside(jane: Admin) -> None:
    came("Promo", sender="A:B:C")

    assert jane.presses("Ignore") == "👌 Ignored"


def test_a_sender_the_gateway_refuses_rings_once(shop: Any, jane: Admin) -> None:
    recording._told.clear()
    for number in range(3):
        send(shop, ASHA, body=f"Text {number}")
        hand_over(Gateway(refusing(1)))
        recording._told.clear()
        tell(4)

    (shown,) = jane.room.said()
    assert "The gateway refuses a sender ID" in shown.text
    assert "TUMA" in shown.text
    assert "3 times" in shown.text
    assert "/senders" in shown.labels
    assert OpsCard.select().count() == 1
