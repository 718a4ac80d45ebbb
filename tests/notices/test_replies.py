"""What comes back is forwarded to a business's chat, together; sender IDs are told as they move."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core import clock, ids
from core.contacts import contacts
from core.messaging import opting, replies, sender_decisions, sender_requests, senders
from core.messaging.models import SHARED_ACCOUNT, Category, Inbound, SenderStatus
from core.notices.replies import SLOT_S
from core.tenants.models import Person
from core.tenants.profiles import Profile
from tests import statements
from tests.notices.room import Room
from tests.notices.scene import happened, person, states, tell, texts

ASHA = 501
BY = {"actor": "test", "channel": "test"}


@pytest.fixture
def tenant(room: Room, make_tenant: Callable[..., Profile]) -> Profile:
    return make_tenant("100")


@pytest.fixture
def asha(tenant: Profile) -> Person:
    return person(tenant, telegram_id=ASHA)


def came(tenant: Profile, body: str, number: int = 1, verdict: str | None = None) -> str:
    """A reply that has come in and been brought to its business."""
    row = Inbound.create(
        id=ids.new("inb"),
        key=ids.new("key"),
        account_id=SHARED_ACCOUNT,
        tenant_id=tenant.tenant_id,
        msisdn=f"25473300{number:04d}",
        sent_to="20880",
        body=body,
        verdict=verdict,
        received_at=clock.now(),
        handled_at=clock.now(),
    )
    happened("message.received", tenant, inbound=row.id, phone=row.msisdn, verdict=verdict)
    return str(row.id)


def test_a_reply_is_forwarded_and_can_be_answered(
    tenant: Profile, asha: Person, room: Room
) -> None:
    contacts.put(tenant.tenant_id, "0733000001", "Juma", **BY)
    came(tenant, "Asante <b>sana</b>")
    tell()
    tell(SLOT_S + 1)
    (said,) = room.said(ASHA)

    assert said.text == "Juma, 0733 000 001: Asante &lt;b&gt;sana&lt;/b&gt;"
    assert said.data("Answer") == "go:@send:n254733000001"
    assert said.data("All replies") == "go:@inbox:"


def test_many_replies_are_one_message(tenant: Profile, asha: Person, room: Room) -> None:
    for number in range(8):
        came(tenant, f"Jibu {number}", number)
    tell()
    tell(SLOT_S + 1)
    (said,) = room.said(ASHA)

    assert said.text.count("Jibu") == 5
    assert "+3 more" in said.text
    assert said.labels == ["All replies"]


def test_hundreds_of_replies_take_no_more_questions_than_a_few(
    tenant: Profile, asha: Person, room: Room
) -> None:
    def asked(replies_: int) -> int:
        for number in range(replies_):
            came(tenant, f"Jibu {number}", number)
            happened("contact.opted_out", tenant, phone=f"2547340{number:05d}", inbound="inb_x")
        tell()
        with statements.noted() as said:
            tell(SLOT_S + 1)
        return sum("SELECT" in each for each in said)

    few = asked(6)
    assert asked(40) == few
    assert "+75 more" in room.last(ASHA).text


def test_replies_of_later_are_another_message(tenant: Profile, asha: Person, room: Room) -> None:
    for _ in range(2):
        came(tenant, "Habari")
        tell()
        tell(SLOT_S + 1)

    assert len(room.said(ASHA)) == 2


def test_an_opt_out_is_noted_and_an_opt_in_too(tenant: Profile, asha: Person, room: Room) -> None:
    inbound_id = came(tenant, "STOP", verdict="opt_out")
    happened(
        "contact.opted_out",
        tenant,
        phone="254733000001",
        word="STOP",
        classes=["promotional"],
        inbound=inbound_id,
    )
    came(tenant, "START", 2, verdict="opt_in")
    tell()
    tell(SLOT_S + 1)

    assert set(room.last(ASHA).text.split("\n\n")) == {
        "0733 000 001 has opted out. They get no more adverts from you.",
        "0733 000 002 wants SMS from you again.",
    }


def test_a_no_to_every_class_is_told_as_such(tenant: Profile, asha: Person, room: Room) -> None:
    wish = replies.wish("STOP")
    assert wish is not None
    for number, classes in ((1, None), (2, "transactional")):
        opting.opt_out(
            tenant.tenant_id,
            f"25473300000{number}",
            wish,
            inbound_id=f"inb_{number}",
            answers=classes,
        )
    tell()
    tell(SLOT_S + 1)

    assert set(room.last(ASHA).text.split("\n\n")) == {
        "0733 000 001 has opted out. They get no more adverts from you.",
        "0733 000 002 has opted out. They get no more SMS from you.",
    }


def test_what_a_business_notes_by_hand_is_told_to_nobody(
    tenant: Profile, asha: Person, room: Room
) -> None:
    happened(
        "contact.opted_out", tenant, phone="254733000001", classes=["promotional"], source="api"
    )
    tell()
    tell(SLOT_S + 1)

    assert states() == []


def test_without_a_chat_replies_cost_no_sms(tenant: Profile, room: Room) -> None:
    juma = person(tenant)
    came(tenant, "Asante")
    tell()
    tell(SLOT_S + 1)

    assert texts(juma) == []
    assert states() == ["dropped"]


def test_a_sender_id_is_told_as_it_moves(tenant: Profile, asha: Person, room: Room) -> None:
    made = sender_requests.ask(
        tenant.tenant_id, "ZURI", Category.PROMOTIONAL, "Offers", actor=asha.actor, channel="test"
    )
    public_id = str(made.public_id)
    sender_decisions.set_operator(public_id, "safaricom", SenderStatus.SUBMITTED, **BY)
    tell()
    sender_decisions.set_operator(public_id, "safaricom", SenderStatus.APPROVED, **BY)
    tell()
    sender_decisions.approve(public_id, **BY)
    tell()

    assert room.texts(ASHA) == [
        "Sender ID ZURI is with the operators. We tell you when they answer.",
        "Sender ID ZURI: Safaricom has approved it.",
        "Sender ID ZURI is approved. Your SMS can go out under it now.",
    ]


def test_a_refused_sender_id_says_why(tenant: Profile, asha: Person, room: Room) -> None:
    made = sender_requests.ask(
        tenant.tenant_id, "ZURI", Category.PROMOTIONAL, "Offers", actor=asha.actor, channel="test"
    )
    sender_decisions.reject(str(made.public_id), "No letter came with it.", **BY)
    tell()

    assert room.texts(ASHA) == ["Sender ID ZURI was not approved: No letter came with it."]


def test_what_changes_at_one_operator_names_it_and_nothing_is_told_twice(
    tenant: Profile, asha: Person, room: Room
) -> None:
    made = sender_requests.ask(
        tenant.tenant_id, "ZURI", Category.PROMOTIONAL, "Offers", actor=asha.actor, channel="test"
    )
    key = str(made.public_id)
    steps = [("safaricom", "submitted"), ("airtel", "submitted"), ("telkom", "rejected")]
    for operator, status in steps:
        sender_decisions.set_operator(key, operator, SenderStatus(status), **BY)
        tell()
    sender_decisions.approve(key, **BY)
    tell()
    sender_decisions.set_operator(key, "telkom", SenderStatus.APPROVED, **BY)
    tell()
    senders.register(tenant.tenant_id, "ZURI", Category.PROMOTIONAL, **BY)
    tell()

    assert room.texts(ASHA) == [
        "Sender ID ZURI is with the operators. We tell you when they answer.",
        "Sender ID ZURI is with Airtel now, too. We tell you when they answer.",
        "Sender ID ZURI: Telkom has not approved it.",
        "Sender ID ZURI is approved. Your SMS can go out under it now.",
        "Sender ID ZURI: Telkom has approved it.",
    ]


def test_a_sender_id_that_is_taken_back_says_so(tenant: Profile, asha: Person, room: Room) -> None:
    made = senders.register(tenant.tenant_id, "ZURI", Category.PROMOTIONAL, **BY)
    tell()
    sender_decisions.reject(str(made.public_id), "Onfon refuses it.", withdraw=True, **BY)
    tell()

    assert room.texts(ASHA)[-1] == (
        "Sender ID ZURI was withdrawn. No SMS goes out under it any more: Onfon refuses it."
    )
