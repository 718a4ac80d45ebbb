"""Inbound texts: kept once, brought to whom they are for, and a no is a no."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from core import clock
from core.contacts import contacts, pseudonyms
from core.contacts.models import EVERYTHING, Contact, Suppression
from core.database import transaction
from core.events import Event
from core.gateways.onfon import Inbound as Received
from core.messaging import inbound, operations, opting, senders, suppression
from core.messaging.inbound import take_up
from core.messaging.models import SHARED_ACCOUNT, Category, Inbound, Message
from core.messaging.replies import Verdict, wish
from core.phone import parse
from core.privacy import erasing
from core.tenants.profiles import Profile
from tests.campaigns import makers
from tests.messaging.scene import (
    ASHA,
    JUMA,
    NOON,
    Gateway,
    Make,
    at,
    fresh_number,
    hand_over,
    later,
    send,
)
from tests.past import days_ago

PHONE = parse(ASHA)
SHORTCODE = "20880"


@pytest.fixture(autouse=True)
def noon(change_settings) -> None:  # type: ignore[no-untyped-def]
    at(NOON)
    change_settings("onfon", shortcode=SHORTCODE)


def sent(tenant: Profile, *, category: Category = Category.PROMOTIONAL, to: str = ASHA) -> Message:
    """A text this number has had from a business."""
    batch = send(tenant, to, category=category)
    hand_over(Gateway())
    return Message.get_by_id(batch.messages[0].id)


def came(
    body: str, sender: str = ASHA, to: str | None = SHORTCODE, provider_id: str | None = None
) -> None:
    inbound.receive(SHARED_ACCOUNT, Received(sender, to, body, provider_id))
    take_up()


def last() -> Inbound:
    found: Inbound = Inbound.select().order_by(Inbound.id.desc()).first()
    return found


def told(name: str) -> list[dict[str, object]]:
    rows = Event.select().where(Event.name == name).order_by(Event.sequence)
    return [msgspec.json.decode(row.data) for row in rows]


def shut(tenant: Profile) -> set[str]:
    """The classes this number gets nothing more of."""
    return {
        each.value for each in Category if suppression.among_now(tenant.tenant_id, each, [PHONE])
    }


NO = [
    "STOP", "stop", " Stop. ", "...stop", '"Stop"', "STOP!!!", "stop please", "STOP Mama Njeri",
    "Stop\nno more", "ｓｔｏｐ", "ŠTOP", "acha", "Acha tafadhali", "ACHÁ,tafadhali", "Sitisha",
    "UNSUBSCRIBE me", "quit", "STOP*456*9*5#", "Stop-it", "koma",
    "Acheni", "mwache", "achana nami", "STOPP", "ST0P", "5T0P", "S T O P", "s.t.o.p please",
    "komesha", "futa", "nisitumie", "usinitumie tena", "Please stop", "please stop the messages",
    "Kindly stop", "pls stop sending me these", "naomba uache", "Tafadhali naomba uache",
    "tafadhali acha", "achaaa",
]  # fmt: skip
ALL = [
    "STOPALL", "stop all", "Stop, ALL of it", "STOP-ALL", "acha zote", "Please stop all",
    "S T O P all", "ST0PALL", "ACHAZOTE", "Stop  All.",
]  # fmt: skip
NEITHER = [
    "stopping by later", "Stopped", "nonstop", "Please stop by the shop", "stop by at noon",
    "unstoppable", "I will not STOP",
    "", "  ", "...", "🛑", "Habari", "recall", "all", "1", "ends at 5", "usiache",
    "Tafadhali usiache", "please", "please start", "Please cancel my order", "A B C", "naomba",
    "Please, I will not stop",
]  # fmt: skip


@pytest.mark.parametrize("body", NO)
def test_a_no_in_any_writing_is_a_no(body: str) -> None:
    found = wish(body)

    assert found is not None
    assert (found.verdict, found.is_for_all) == (Verdict.OPT_OUT, False)


@pytest.mark.parametrize("body", ALL)
def test_a_no_to_everything_is_told_from_a_no(body: str) -> None:
    found = wish(body)

    assert found is not None
    assert (found.verdict, found.is_for_all) == (Verdict.OPT_OUT, True)


@pytest.mark.parametrize("body", NEITHER)
def test_what_only_looks_like_a_no_is_none(body: str) -> None:
    assert wish(body) is None


@pytest.mark.parametrize("body", ["START", "start again", " Anza ", "unstop"])
def test_who_wants_texts_again_says_so(body: str) -> None:
    found = wish(body)

    assert found is not None
    assert found.verdict is Verdict.OPT_IN


def test_a_text_is_kept_before_anything_is_made_of_it(store: str) -> None:
    inbound.receive(SHARED_ACCOUNT, Received("+254 712 000 001", "20880", "Habari", "g1"))

    kept = last()
    assert (kept.msisdn, kept.sent_to, kept.body) == (PHONE, "20880", "Habari")
    assert kept.handled_at is None


def test_a_repetition_is_nothing_new(store: str) -> None:
    for _ in range(3):
        came("Habari", provider_id="g1")
        came("Without an id")
    later(minutes=9)
    came("Without an id")
    assert Inbound.select().count() == 2

    came("Other words under a name used before", provider_id="g1")
    later(minutes=25)
    came("Without an id")
    assert Inbound.select().count() == 4


def test_an_answer_goes_to_whoever_wrote_last(make_tenant: Make) -> None:
    first, second = make_tenant(wallet="10"), make_tenant(wallet="10")
    sent(first)
    later(minutes=1)
    text = sent(second)
    later(minutes=1)
    sent(first, to=JUMA)
    came("Asante")

    assert (last().tenant_id, last().answers) == (second.tenant_id, text.id)
    assert told("message.received") == [
        {"inbound": last().id, "phone": PHONE, "verdict": None},
    ]
    assert [each.id for each in inbound.listing(second)] == [last().id]
    assert inbound.listing(first) == []


def test_an_answer_after_a_week_is_nobodys(make_tenant: Make) -> None:
    sent(make_tenant(wallet="10"))
    later(days=8)
    came("Asante")

    assert last().tenant_id is None
    assert last().handled_at is not None
    assert told("inbound.unknown") == [{"inbound": last().id, "phone": PHONE}]


def test_a_no_is_never_too_late(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    sent(tenant)
    later(days=90)
    came("STOP")

    assert shut(tenant) == {"promotional"}


def test_a_name_or_number_of_ones_own_gets_its_answers(make_tenant: Make) -> None:
    owner, other = make_tenant(wallet="10"), make_tenant(wallet="10")
    senders.register(owner.tenant_id, "22141", Category.PROMOTIONAL, actor="t", channel="t")
    sent(other)
    came("Hello", to="22141")

    assert last().tenant_id == owner.tenant_id
    assert last().answers is None


def test_a_number_that_is_none_of_ours_is_nobodys(make_tenant: Make) -> None:
    sent(make_tenant(wallet="10"))
    came("Hello", to="40404")

    assert last().tenant_id is None


@pytest.mark.parametrize("to", [None, "", "TUMA", "tuma", SHORTCODE])
def test_an_answer_to_what_all_share_goes_by_the_last_text(
    make_tenant: Make, to: str | None
) -> None:
    tenant = make_tenant(wallet="10")
    sent(tenant)
    came("Hello", to=to)

    assert last().tenant_id == tenant.tenant_id


def test_test_texts_and_texts_that_never_went_are_no_reason_to_get_answers(
    make_tenant: Make,
) -> None:
    send(make_tenant(wallet="10", test=True), ASHA)
    send(make_tenant(wallet="10"), ASHA)
    came("Hello")

    assert last().tenant_id is None


def test_a_no_to_an_advert_leaves_notices_alone(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    sent(tenant)
    came("Acha tafadhali")

    assert shut(tenant) == {"promotional"}
    assert last().verdict == "opt_out"
    assert told("contact.opted_out") == [
        {"phone": PHONE, "word": "ACHA", "classes": ["promotional"], "inbound": last().id}
    ]
    row = Suppression.get()
    assert (row.source, row.created_at) == (f"reply:{last().id}", clock.now())


def test_a_no_to_a_notice_ends_both(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    sent(tenant, category=Category.TRANSACTIONAL)
    came("stop")

    assert shut(tenant) == {"promotional", "transactional"}


def test_a_no_to_everything_ends_both(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    sent(tenant)
    came("STOP ALL")

    assert shut(tenant) == {"promotional", "transactional"}


def test_a_no_is_to_one_business_and_to_no_other(make_tenant: Make) -> None:
    other, tenant = make_tenant(wallet="10"), make_tenant(wallet="10")
    sent(other)
    later(minutes=1)
    sent(tenant)
    came("STOP")

    assert (shut(tenant), shut(other)) == ({"promotional"}, set())


def test_a_text_that_waits_does_not_go_after_a_no(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    sent(tenant)
    send(tenant, ASHA, body="Another", category=Category.PROMOTIONAL)
    came("STOP")
    gateway = Gateway()
    hand_over(gateway)

    assert gateway.handed == []


def test_a_yes_takes_back_ones_own_no_and_nobody_elses(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    sent(tenant)
    came("STOP ALL")
    with transaction():
        Suppression.update(source="operator").where(
            Suppression.category == "transactional"
        ).execute()
    came("Anza", provider_id="g2")

    assert shut(tenant) == {"transactional"}
    assert last().verdict == "opt_in"
    assert told("contact.opted_in")[0]["classes"] == ["promotional"]


def test_the_contact_shows_it(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    contacts.put(tenant.tenant_id, ASHA, "Asha", actor="t", channel="t")
    contacts.put(tenant.tenant_id, JUMA, "Juma", actor="t", channel="t")
    sent(tenant)

    def standing() -> list[str]:
        return [row.status for row in Contact.select().order_by(Contact.msisdn)]

    came("STOP")
    assert standing() == ["opted_out", "active"]
    came("START")
    assert standing() == ["active", "active"]


def test_a_blocked_contact_stays_blocked(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    contacts.put(tenant.tenant_id, ASHA, "Asha", actor="t", channel="t")
    sent(tenant)
    suppression.add(tenant.tenant_id, PHONE, EVERYTHING, source="person:x")
    came("STOP")
    came("START")

    assert Contact.get().status == "blocked"


def test_saying_no_twice_is_told_once(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    sent(tenant)
    came("STOP")
    came("Stop!!")

    assert len(told("contact.opted_out")) == 1
    assert len(inbound.listing(tenant)) == 2


def test_one_that_fails_keeps_nobody_waiting_and_is_tried_again(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant(wallet="10")
    sent(tenant)
    real, broken = opting.opt_out, [True]

    def sometimes(*args: object, **named: object) -> None:
        real(*args, **named)  # type: ignore[arg-type]
        if broken:
            raise RuntimeError("killed here")

    monkeypatch.setattr(opting, "opt_out", sometimes)
    came("STOP")
    came("Asante")
    assert shut(tenant) == set()
    assert [row.body for row in inbound.listing(tenant)] == ["Asante"]

    broken.clear()
    take_up()
    assert shut(tenant) == {"promotional"}
    assert len(inbound.listing(tenant)) == 2


def test_what_is_nobodys_can_be_put_aside_once(store: str) -> None:
    came("Who are you?")

    assert [each.body for each in inbound.strays(PHONE)] == ["Who are you?"]
    assert inbound.ignore(PHONE, actor="telegram:1", channel="ops")
    assert not inbound.ignore(PHONE, actor="telegram:2", channel="ops")


def test_the_inbox_is_found_by_number_and_time(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    sent(tenant)
    sent(tenant, to=JUMA)
    came("One")
    later(hours=1)
    came("Two", sender=JUMA)
    hour_ago = clock.now() - timedelta(minutes=30)

    assert [each.body for each in inbound.listing(tenant)] == ["Two", "One"]
    assert [each.body for each in inbound.listing(tenant, sender=ASHA)] == ["One"]
    assert [each.body for each in inbound.listing(tenant, since=hour_ago)] == ["Two"]
    assert [each.body for each in inbound.listing(tenant, until=hour_ago)] == ["One"]
    assert [each.body for each in inbound.listing(tenant, after=last().id)] == ["One"]


def test_all_sending_stopped_stops_no_answers(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    sent(tenant)
    operations.pause_sending("Trouble", actor="t")
    came("STOP")

    assert shut(tenant) == {"promotional"}


def test_all_that_has_come_is_taken_up_and_what_fails_keeps_nobody_waiting(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant(wallet="10")
    sent(tenant)
    monkeypatch.setattr(inbound, "AT_ONCE", 3)
    real = inbound.inbound_routing.owner

    def owner(msisdn: str, *args: object, **how: bool) -> object:
        if msisdn != PHONE:
            raise ValueError("it makes no sense")
        return real(msisdn, *args, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(inbound.inbound_routing, "owner", owner)
    for number in range(7):
        inbound.receive(SHARED_ACCOUNT, Received(fresh_number(), SHORTCODE, f"Habari {number}"))
    inbound.receive(SHARED_ACCOUNT, Received(ASHA, SHORTCODE, "STOP"))
    take_up()

    assert last().handled_at is not None
    assert shut(tenant) == {"promotional"}
    assert Inbound.select().where(Inbound.handled_at.is_null()).count() == 7


def test_an_answer_finds_a_text_however_old_the_draft_of_its_campaign(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant(wallet="10")
    with days_ago(monkeypatch, 440):
        draft = makers.draft(tenant, "Habari", to=[PHONE])
    at(NOON)
    made = makers.priced(draft)
    makers.hold(made)
    makers.fill(made)
    hand_over(Gateway())
    came("Asante")

    assert (last().tenant_id, last().answers) == (tenant.tenant_id, Message.get().id)


# Somebody who was erased.


def erase(tenant: Profile) -> str:
    """Erase Asha. Returns her pseudonym."""
    made = contacts.put(tenant.tenant_id, PHONE, "Asha", actor="test", channel="test").contact
    erasing.erase(tenant.tenant_id, made.id, actor="test", channel="test")
    return pseudonyms.of(tenant.tenant_id, PHONE)


def test_the_no_of_somebody_erased_counts_when_the_number_comes_back(make_tenant: Make) -> None:
    tenant, other = make_tenant(wallet="10"), make_tenant(wallet="10")
    sent(other)
    later(minutes=1)
    sent(tenant)
    name = erase(tenant)
    later(days=40)
    came("STOP")

    assert shut(tenant) == {"promotional"}
    assert shut(other) == set()
    kept = last()
    assert (kept.tenant_id, kept.msisdn, kept.body, kept.answers) == (
        tenant.tenant_id, name, "", None,
    )  # fmt: skip
    assert [each["phone"] for each in told("contact.opted_out")] == [name]
    put = contacts.put(tenant.tenant_id, PHONE, actor="test", channel="test")
    assert put.contact.status == "opted_out"


def test_somebody_erased_who_wants_texts_again_gets_them(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    sent(tenant)
    erase(tenant)
    came("STOP")
    came("START")

    assert shut(tenant) == set()


def test_what_was_written_before_the_erasure_is_blank_after_it(make_tenant: Make) -> None:
    tenant = make_tenant(wallet="10")
    sent(tenant)
    inbound.receive(SHARED_ACCOUNT, Received(ASHA, SHORTCODE, "I am Asha Otieno"))
    name = erase(tenant)
    take_up()

    kept = last()
    assert (kept.tenant_id, kept.msisdn, kept.body) == (tenant.tenant_id, name, "")
    assert told("message.received") == []


def test_what_somebody_erased_writes_later_is_an_answer_that_names_no_text(
    make_tenant: Make,
) -> None:
    tenant = make_tenant(wallet="10")
    sent(tenant)
    erase(tenant)
    later(seconds=1)
    came("I want to order again")

    kept = last()
    assert (kept.tenant_id, kept.msisdn, kept.answers) == (tenant.tenant_id, PHONE, None)
    assert kept.body == "I want to order again"
