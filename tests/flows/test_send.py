"""Sending: what is shown is what is sent and what it costs, once, after a yes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core import clock
from core.campaigns import templates
from core.contacts import contacts
from core.dialogue.screens import Asks
from core.flows import conversation, send
from core.flows.recipients import To
from core.flows.visits import Visit
from core.ledger.models import Hold
from core.messaging import sending, suppression
from core.messaging.models import Message
from core.messaging.sending import Estimate, Order, Text
from core.money import Money
from core.notices import jobs
from core.tenants import audit, people, team, tenants
from core.tenants.models import Role, TenantStatus
from core.tenants.profiles import Profile
from tests.flows.talking import ASHA, JUMA, ZAWADI, Talk, agree, available, person_of, typed
from ussd.render import pages

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

BY = {"actor": "test", "channel": "test"}


def test_a_number_that_has_opted_out_is_told_of_and_another_can_be_given(
    talk: Talk, tenant: Profile
) -> None:
    suppression.add(tenant.tenant_id, "254733000001", "transactional", source="manual")
    suppression.forget()
    talk.start("send", "one", "0733000001")
    typed(talk, "Habari")
    assert talk.screen.text == "This number has asked for no more texts of this kind from you."
    assert talk.keys == ["other", "leave"]
    talk.say("other", "0733000002")
    agree(talk)

    assert [row.msisdn for row in Message.select()] == ["254733000002"]


def test_one_number_gets_one_text(
    tenant: Profile, join: Callable[..., Talk], channel: str, language: str
) -> None:
    talk = join(tenant, channel, language=language)
    talk.start("menu", "send", "one", "0733 000 001")
    typed(talk, "Habari yako")
    assert talk.screen.asks is Asks.CONFIRM
    assert all(part in talk.screen.text for part in ("0733 000 001", "KES 0.80", "KES 99.20"))
    assert Message.select().count() == 0
    agree(talk)
    message = Message.get()

    assert talk.screen.ends
    assert (message.msisdn, message.body) == ("254733000001", "Habari yako")
    assert available(tenant) == Money.parse("99.20")
    assert Hold.get().actor == f"person:{person_of(talk).id}"


def test_a_number_of_another_country_gets_it_too(talk: Talk, tenant: Profile) -> None:
    talk.start("send", "one", "+256 772 123456")
    typed(talk, "Habari")
    agree(talk)

    assert Message.get().msisdn == "256772123456"


def test_dear_letters_are_named_and_can_be_made_plain(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    body = "Karibu – Jumamosi hii kuna nusu bei kwa kila mtu anayekuja mapema sana sana"
    talk = join(tenant, channel)
    talk.start("send", "one", "0733000001")
    typed(talk, body)
    assert "en dash" in talk.screen.text
    talk.say("plain")
    assert "KES 0.80" in talk.screen.text
    agree(talk)

    assert Message.get().body == body.replace("–", "-")


def test_parts_are_put_together_as_they_were_meant(
    tenant: Profile, join: Callable[..., Talk]
) -> None:
    talk = join(tenant, "ussd")
    full = "a" * 78 + " b"
    talk.start(
        "send", "one", "0733000001", "wrong", "change", full, "more", "c d", "more", "e*f", "go"
    )
    agree(talk)

    assert Message.get().body == full + "c d e*f"


def test_too_little_money_leads_to_a_top_up(
    make_tenant: Callable[..., Profile], join: Callable[..., Talk], channel: str
) -> None:
    talk = join(make_tenant("0.40", price="0.80"), channel)
    talk.start("send", "one", "0733000001")
    typed(talk, "Habari")
    assert talk.keys == ["topup", "no"]
    talk.say("topup")

    assert talk.screen.step == "topup_amount"
    assert Message.select().count() == 0


@pytest.mark.parametrize("role", list(Role))
def test_only_those_who_may_send_can(
    tenant: Profile, join: Callable[..., Talk], channel: str, role: Role
) -> None:
    may = role in (Role.OWNER, Role.MANAGER, Role.SENDER)

    assert join(tenant, channel, JUMA, role).start("send").ends is not may


def test_a_role_taken_before_the_yes_sends_nothing(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    owner, juma = join(tenant, channel), join(tenant, channel, JUMA, Role.SENDER)
    juma.start("send", "one", "0733000001")
    typed(juma, "Habari")
    team.change_role(
        tenant.tenant_id, person_of(juma).id, Role.VIEWER, by=person_of(owner), channel=channel
    )
    agree(juma)

    assert Message.select().count() == 0


def test_one_dear_text_of_a_sender_needs_a_manager(
    tenant: Profile, join: Callable[..., Talk], channel: str, change_settings: Callable[..., None]
) -> None:
    change_settings("rules", approval_threshold="0.50")
    for msisdn, role, refused in ((JUMA, Role.SENDER, True), (ZAWADI, Role.MANAGER, False)):
        talk = join(tenant, channel, msisdn, role)
        talk.start("send", "one", "0733000002")
        typed(talk, "Habari")
        assert talk.screen.ends is refused


def test_a_price_that_moves_is_shown_again(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    talk = join(tenant, channel)
    talk.start("send", "one", "0733000001")
    typed(talk, "Habari")
    tenants.set_terms(tenant.tenant_id, price=Money.parse("0.90"), **BY)
    talk.say("yes")

    assert "changed" in (talk.screen.notice or "")
    assert "KES 0.90" in talk.screen.text
    assert Message.select().count() == 0
    agree(talk)
    assert available(tenant) == Money.parse("99.10")


def test_another_business_chosen_meanwhile_is_not_charged_unasked(
    tenant: Profile, make_tenant: Callable[..., Profile], join: Callable[..., Talk], channel: str
) -> None:
    other = make_tenant("100", price="0.80")
    join(tenant, channel)
    talk = join(other, channel)
    talk.start("send", "one", "0733000001")
    typed(talk, "Habari")
    people.choose(person_of(talk), other.tenant_id)
    talk.say("yes")

    assert "changed" in (talk.screen.notice or "")
    assert Message.select().count() == 0


def test_a_wrong_pin_thrice_locks_and_sends_nothing(
    tenant: Profile, join: Callable[..., Talk]
) -> None:
    talk = join(tenant, "ussd")
    talk.start("send", "one", "0733000001", "Habari", "go", "yes", "9753", "9753")
    assert talk.screen.asks is Asks.PIN
    assert "1" in (talk.screen.notice or "")
    talk.say("9753")

    assert "locked" in talk.screen.text
    assert "locked" in talk.start("send").text
    assert Message.select().count() == 0


def test_the_button_of_a_finished_send_sends_nothing_more(
    tenant: Profile, join: Callable[..., Talk]
) -> None:
    talk = join(tenant, "telegram")
    talk.start("send", "one", "0733000001", "Habari")
    shown = talk.screen
    talk.say("yes")
    for _ in range(3):
        old = Talk("telegram", ASHA, screen=shown)
        old.say("yes")
        assert old.screen.notice

    assert Message.select().count() == 1


def keep(tenant: Profile, name: str, **bodies: str) -> str:
    """A template; gives its id."""
    return templates.create(tenant.tenant_id, name, bodies, language="en", **BY).id


def test_a_template_is_written_for_the_one_who_has_the_number(talk: Talk, tenant: Profile) -> None:
    made = keep(tenant, "Deni", en="Hi {{first_name}}, KES {{deni}}.", sw="Deni: {{deni}}.")
    contacts.put(
        tenant.tenant_id, "0733000001", "Juma Ali", language="sw", extra={"Deni": "500"}, **BY
    )
    talk.start("send", "one", "0733000001", "template", made)
    assert talk.screen.asks is Asks.CONFIRM  # nothing is missing, so nothing is asked
    assert "Deni: 500." in (talk.screen.detail or "")
    agree(talk)

    assert Message.get().body == "Deni: 500."


def test_what_is_not_known_of_a_number_is_asked_for(talk: Talk, tenant: Profile) -> None:
    made = keep(tenant, "Miadi", en="{{name|Rafiki}}: {{siku}}, {{saa}}. {{Siku}}!")
    talk.start("send", "one", "0733000001", "template", made)
    assert talk.screen.text == "Type siku:"
    talk.say("  ", "Jumatatu {{x}}")
    assert talk.screen.text == "Type saa:"
    talk.say("9:00")
    assert Message.select().count() == 0
    agree(talk)

    assert Message.get().body == "Rafiki: Jumatatu {{x}}, 9:00. Jumatatu {{x}}!"


def test_no_typed_words_go_with_a_hole_in_them(talk: Talk, tenant: Profile) -> None:
    keep(tenant, "Karibu", en="Karibu {{name}}")
    contacts.put(tenant.tenant_id, "0733000001", "Juma Ali", **BY)
    talk.start("send", "one", "0733000001")
    talk.say("Hi {{first_name}}, KES {{deni}}")
    assert "deni" in (talk.screen.notice or "")
    typed(talk, "Hi {{first_name}}")
    agree(talk)

    assert Message.get().body == "Hi Juma"


def test_a_number_alone_means_the_template_where_nothing_can_be_tapped(
    talk: Talk, tenant: Profile
) -> None:
    made = keep(tenant, "Karibu", en="Karibu")
    talk.start("send", "one", "0733000001")
    assert [option.label for option in talk.screen.options] == ["Use a template"]
    talk.say("1")
    if talk.channel == "telegram":
        assert (talk.screen.asks, talk.screen.detail) == (Asks.CONFIRM, "1")
        return
    assert talk.keys == [made]
    talk.say("<", "  ", "Nambari 1")

    assert talk.screen.text == "Letters: 9. SMS: 1."


def test_a_text_dialled_ahead_is_one_though_there_are_templates(
    tenant: Profile, join: Callable[..., Talk]
) -> None:
    keep(tenant, "Karibu", en="Karibu")
    talk = join(tenant, "ussd")
    talk.screen = conversation.dial(talk.visit(), ["1", "1", "0733000001", "Habari", "1"])
    assert talk.screen.asks is Asks.CONFIRM
    agree(talk)

    assert Message.get().body == "Habari"


def test_a_template_for_another_number_is_written_anew(talk: Talk, tenant: Profile) -> None:
    made = keep(tenant, "Miadi", en="{{name}}, {{saa}}")
    contacts.put(tenant.tenant_id, "0733000001", "Juma", extra={"saa": "8:00"}, **BY)
    suppression.add(tenant.tenant_id, "254733000001", "transactional", source="manual")
    suppression.forget()
    talk.start("send", "one", "0733000001", "template", made, "other", "0733000002")
    assert talk.screen.text == "Type name:"
    talk.say("Asha", "9:00")
    agree(talk)

    assert [row.body for row in Message.select()] == ["Asha, 9:00"]


def test_a_template_that_changes_before_the_yes_is_shown_again(talk: Talk, tenant: Profile) -> None:
    made = keep(tenant, "Karibu", en="Karibu")
    talk.start("send", "one", "0733000001", "template", made)
    templates.change(tenant.tenant_id, made, bodies={"en": "Karibuni"}, **BY)
    talk.say("yes")
    assert "changed" in (talk.screen.notice or "")
    templates.change(tenant.tenant_id, made, bodies={"en": "Karibu {{saa}}"}, **BY)
    talk.say("yes")
    assert talk.screen.text == "Type saa:"
    talk.say("9:00")
    agree(talk)

    assert [row.body for row in Message.select()] == ["Karibu 9:00"]


def test_one_text_can_go_later(
    tenant: Profile, join: Callable[..., Talk], channel: str, language: str
) -> None:
    clock.freeze(datetime(2026, 3, 12, 12, 0, tzinfo=clock.NAIROBI))
    talk = join(tenant, channel, language=language)
    talk.start("send", "one", "0733000001")
    typed(talk, "Habari")
    assert talk.keys == ["yes", "later", "no"]
    talk.say("later", "11:00", "25/12/2031", "kesho 9")
    assert talk.screen.asks is Asks.CONFIRM
    assert "09:00" in talk.screen.text
    assert talk.keys == ["yes", "no"]
    made = pages(talk.screen, talk.visit().say, 156)
    assert channel == "telegram" or len(made) == 1, made
    agree(talk)
    row = Message.get()

    assert "09:00" in talk.screen.text
    assert row.status == "scheduled"
    assert row.due_at == datetime(2026, 3, 13, 9, 0, tzinfo=clock.NAIROBI)
    assert available(tenant) == Money.parse("99.20")


def for_tomorrow(talk: Talk) -> str:
    """Send a text that goes tomorrow. Gives its batch."""
    talk.start("send", "one", "0733000001")
    typed(talk, "Habari")
    talk.say("later", "kesho 9")
    agree(talk)
    return str(Message.get().batch_id)


def test_a_text_that_waits_can_be_taken_back(
    tenant: Profile, join: Callable[..., Talk], channel: str, language: str
) -> None:
    talk = join(tenant, channel, language=language)
    talk.start("reports", for_tomorrow(talk))
    assert "0733 000 001" in talk.screen.text
    assert talk.keys == ["cancel"]
    assert len(pages(talk.screen, talk.visit().say, 156)) == 1 or channel == "telegram"
    talk.say("cancel")

    assert "KES 0.80" in talk.screen.text
    assert Message.get().status == "cancelled"
    assert available(tenant) == Money.kes(100)
    assert audit.listing(tenant.tenant_id, limit=1)[0].channel == channel


def test_a_text_that_waits_is_found_behind_many_others(talk: Talk, tenant: Profile) -> None:
    waits = for_tomorrow(talk)
    for number in range(6):
        sending.send(tenant, Order([Text(f"073300001{number}", "Habari")]), once=None, actor="x")
    for _ in range(2):
        jobs.tell()
    talk.start("reports")
    told = [option.label for option in talk.screen.options if option.key == waits]
    assert told == ["tomorrow 09:00: 1 SMS"]
    talk.say(waits, "cancel")
    talk.start("reports")

    assert waits not in talk.keys


def test_a_text_that_went_before_the_tap_is_not_said_to_be_taken_back(
    talk: Talk, tenant: Profile
) -> None:
    talk.start("reports", for_tomorrow(talk))
    Message.update(status="queued").execute()
    talk.say("cancel")

    assert talk.screen.ends
    assert "Waiting: 1" in talk.screen.text
    assert available(tenant) == Money.parse("99.20")


def test_who_only_looks_takes_no_text_back(
    talk: Talk, tenant: Profile, join: Callable[..., Talk]
) -> None:
    batch_id = for_tomorrow(talk)
    viewer = join(tenant, talk.channel, JUMA, Role.VIEWER)

    assert viewer.start("reports", batch_id).ends


def test_a_time_is_asked_again_until_it_can_be_kept(talk: Talk) -> None:
    clock.freeze(datetime(2026, 3, 12, 12, 0, tzinfo=clock.NAIROBI))
    talk.start("send", "one", "0733000001")
    typed(talk, "Habari")
    for given, told in (("soon", "Type a time"), ("11:00", "passed"), ("1/1/2031", "days ahead")):
        talk.say("later" if talk.screen.asks is Asks.CONFIRM else given, given)
        assert told in (talk.screen.notice or "")
        assert len(pages(talk.screen, talk.visit().say, 156)) == 1 or talk.channel == "telegram"
    talk.say("<")

    assert "Goes now." in talk.screen.text


def test_a_time_that_comes_before_the_yes_sends_nothing_late(talk: Talk) -> None:
    clock.freeze(datetime(2026, 3, 12, 12, 0, tzinfo=clock.NAIROBI))
    talk.start("send", "one", "0733000001")
    typed(talk, "Habari")
    talk.say("later", "12:05")
    clock.advance(1800)
    talk.say("yes")

    assert talk.screen.ends
    assert Message.select().count() == 0


def test_a_text_may_look_like_anything(talk: Talk) -> None:
    body = "{0} {name} %s *1*2# <b>&amp; 00"
    talk.start("send", "one", "0733000001")
    typed(talk, body)
    agree(talk)

    assert Message.get().body == body


@pytest.mark.parametrize("is_later", [False, True])
def test_the_dearest_single_send_there_can_be_is_shown_on_one_page(
    store: str, language: str, is_later: bool
) -> None:
    at = clock.now() + timedelta(days=80) if is_later else None
    visit = Visit("ussd", ASHA, ASHA, language)
    draft = send.Draft(To("+256 772 123456", "256772123456"), "x" * 1000, is_plain=True, at=at)
    found = Estimate(
        *(1, 10, 10, 10, "GSM-7", [], None, Money(0), Money.parse("123.25")),
        *(Money.parse("1234567.25"), at or clock.now(), []),
    )
    profile = Profile(1, "Salon", TenantStatus.ACTIVE, language, "standard", 8000)
    screen = next(send._preview(visit, profile, draft, found)).screen()

    assert len(pages(replace(screen, can_go_back=True), visit.say, 156)) == 1
