"""Sending to many: what is shown is what is held and what goes, once, after a yes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core import clock
from core.campaigns import carrying, launching, queries, templates, watching
from core.campaigns.launching import Estimate
from core.campaigns.models import Campaign
from core.contacts import contacts, groups
from core.dialogue.screens import Asks
from core.flows import estimates, many
from core.flows.visits import Visit
from core.ledger.models import Hold
from core.messaging import rules, senders, suppression
from core.messaging.models import Category, Message
from core.money import Money
from core.notices.models import Notice
from core.tenants import tenants
from core.tenants.models import Role, TenantStatus
from core.tenants.profiles import Profile
from tests.flows.talking import ASHA, JUMA, Talk, agree, available, typed
from ussd.render import pages

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

BY = {"actor": "test", "channel": "test"}


@pytest.fixture
def tenant(make_tenant: Callable[..., Profile]) -> Profile:
    clock.freeze(datetime(2026, 3, 12, 12, 0, tzinfo=clock.NAIROBI))
    return make_tenant("100", price="0.80")


def book(tenant: Profile, count: int = 5) -> str:
    """A group of so many, and one contact outside it. Gives its id."""
    group, _ = groups.create(tenant.tenant_id, "Wateja", **BY)
    for number in range(count + 1):
        contact, _ = contacts.put(tenant.tenant_id, f"073300{number:04d}", f"N{number}", **BY)
        if number < count:
            groups.add(tenant.tenant_id, group.id, contact.id, **BY)
    return str(group.id)


def to_group(talk: Talk, group_id: str, body: str = "Habari", kind: str = "notice") -> Talk:
    """Come to the estimate of a send to a group."""
    talk.start("send", "group", group_id)
    typed(talk, body)
    talk.say(kind, "now")
    return talk


def fill() -> Campaign:
    """Let the worker make the texts of the only campaign. Gives it as it is then."""
    row: Campaign = Campaign.get()
    carrying.carry_on(row.id)
    return Campaign.get_by_id(row.id)


def test_a_typed_list_gets_it_each_once(talk: Talk) -> None:
    talk.start("send", "list", "0733000001*+256 772 123456, 0733 000 001")
    if talk.channel == "ussd":
        talk.say("more", "0733000003", "go")
    typed(talk, "Habari")
    talk.say("notice", "now")
    agree(talk)
    fill()

    assert Message.select().count() == (3 if talk.channel == "ussd" else 2)
    assert Hold.select().count() == 1


def test_what_is_no_number_is_left_out_and_named(talk: Talk) -> None:
    talk.start("send", "list", "0733000001, 12345, 0733000002, 99")
    assert "Numbers: 2. 2 left out: 12345, 99" in talk.screen.text
    talk.say("go")
    typed(talk, "Habari")
    talk.say("notice", "now")
    agree(talk)
    fill()

    assert Message.select().count() == 2


def test_a_list_can_be_typed_again(talk: Talk) -> None:
    talk.start("send", "list", "0733000001, 12345", "change", "0733000003, 0733000004")
    talk.say(*(["go"] if talk.channel == "ussd" else []))
    typed(talk, "Habari")
    talk.say("notice", "now")

    assert "2 x 1 SMS" in talk.screen.text


def test_a_list_of_one_goes_the_short_way(talk: Talk) -> None:
    talk.start("send", "list", "0733000001")
    talk.say(*(["go"] if talk.channel == "ussd" else []))
    typed(talk, "Habari")
    agree(talk)

    assert Message.select().count() == 1
    assert Campaign.select().count() == 0


def test_a_group_is_written_to_and_nobody_else(talk: Talk, tenant: Profile) -> None:
    to_group(talk, book(tenant))
    assert "Wateja: 5 x 1 SMS" in talk.screen.text
    assert "KES 4, left KES 96" in talk.screen.text
    assert talk.screen.asks is Asks.CONFIRM
    assert Hold.select().count() == 0
    agree(talk)
    row = fill()

    assert talk.screen.ends
    assert {each.msisdn for each in Message.select()} == {f"25473300{at:04d}" for at in range(5)}
    assert available(tenant) == Money.kes(96)
    assert row.id[-5:].upper() in talk.screen.text


def test_all_contacts_are_written_to(talk: Talk, tenant: Profile) -> None:
    book(tenant)
    talk.start("send", "all")
    typed(talk, "Habari")
    talk.say("notice", "now")
    agree(talk)
    fill()

    assert Message.select().count() == 6


def test_a_template_is_filled_in_for_each(talk: Talk, tenant: Profile) -> None:
    made = templates.create(tenant.tenant_id, "Karibu", {"en": "Hi {{first_name}}!"}, **BY)
    talk.start("send", "group", book(tenant, 2), "template", made.id, "notice", "now")
    agree(talk)
    fill()

    assert {each.body for each in Message.select()} == {"Hi N0!", "Hi N1!"}


def test_a_value_that_nobody_has_is_asked_for_once_and_stands_for_all(
    talk: Talk, tenant: Profile
) -> None:
    words = {"en": "{{first_name}}, {{siku}} {{saa|9:00}}. {{simu}}", "sw": "{{siku}}, {{mahali}}"}
    made = templates.create(tenant.tenant_id, "Miadi", words, language="en", **BY)
    talk.start("send", "group", book(tenant, 2), "template", made.id)
    # Of the place that only the Swahili words have, nobody here needs anything.
    assert talk.screen.text == "Type siku, the same for all:"
    assert (talk.screen.detail or "") == made.message
    talk.say("Jumatatu", "notice", "now")
    assert talk.screen.asks is Asks.CONFIRM
    agree(talk)
    fill()

    assert {each.body for each in Message.select()} == {
        "N0, Jumatatu 9:00. 0733000000",
        "N1, Jumatatu 9:00. 0733000001",
    }


def test_names_are_asked_for_where_numbers_are_all_that_is_known(
    talk: Talk, tenant: Profile
) -> None:
    made = templates.create(tenant.tenant_id, "Karibu", {"en": "Karibu {{jina}}"}, **BY)
    talk.start("send", "list", "0733000001*0733000002")
    talk.say(*(["go"] if talk.channel == "ussd" else []), "template", made.id)
    assert talk.screen.text == "Type jina, the same for all:"
    talk.say("mteja", "notice", "now")
    agree(talk)
    fill()

    assert {each.body for each in Message.select()} == {"Karibu mteja"}


@pytest.mark.parametrize("language", ["en", "sw"])
def test_a_value_that_some_lack_is_asked_for_them_and_the_others_keep_theirs(
    tenant: Profile, join: Callable[..., Talk], channel: str, language: str
) -> None:
    group_id = book(tenant, 3)
    name = "Deni la mwezi uliopita"
    contacts.put(tenant.tenant_id, "0733000001", extra={name: "500"}, **BY)
    words = {"en": f"{{{{name}}}}: {{{{{name}}}}}, {{{{siku}}}}"}
    made = templates.create(tenant.tenant_id, "Deni", words, **BY)
    talk = join(tenant, channel, language=language)
    talk.start("send", "group", group_id, "template", made.id, "Jumatatu", "notice", "now")
    assert name in talk.screen.text
    assert "2" in talk.screen.text
    assert talk.screen.asks is Asks.TEXT
    assert len(pages(talk.screen, talk.visit().say, 156)) == 1 or channel == "telegram"
    assert Hold.select().count() == 0
    talk.say("sifuri")
    agree(talk)
    fill()

    assert {each.body for each in Message.select()} == {
        "N0: sifuri, Jumatatu", "N1: 500, Jumatatu", "N2: sifuri, Jumatatu",
    }  # fmt: skip


def test_a_value_that_makes_the_text_too_long_asks_for_other_words(
    talk: Talk, tenant: Profile
) -> None:
    made = templates.create(tenant.tenant_id, "Ndefu", {"en": "{{a}} {{b}} {{c}} {{d}}"}, **BY)
    talk.start("send", "group", book(tenant, 2), "template", made.id)
    talk.say(*(letter * 450 for letter in "abcd"), "notice", "now")
    assert talk.screen.text == "Type the message:"
    assert talk.keys == ["template"]
    made_pages = pages(talk.screen, talk.visit().say, 156)
    assert len(made_pages) == 1 or talk.channel == "telegram"
    talk.say("template", made.id, "a", "b", "c", "d")
    assert talk.screen.asks is Asks.CONFIRM
    agree(talk)
    fill()

    assert {each.body for each in Message.select()} == {"a b c d"}


def test_a_missing_value_is_named_and_nothing_starts(talk: Talk, tenant: Profile) -> None:
    to_group(talk, book(tenant), "Salio {{balance}}")
    assert "balance" in (talk.screen.notice or "")
    assert talk.screen.text.startswith("Type the message")
    assert Hold.select().count() == 0
    made = pages(talk.screen, talk.visit().say, 156)
    assert len(made) == 1 or talk.channel == "telegram", made
    typed(talk, "Salio {{amount}}")
    assert "amount" in (talk.screen.notice or "")
    typed(talk, "Salio {{balance|sifuri}}")
    agree(talk)
    fill()

    assert {each.body for each in Message.select()} == {"Salio sifuri"}


def test_a_broken_placeholder_is_told_of_at_the_words(talk: Talk, tenant: Profile) -> None:
    talk.start("send", "group", book(tenant), "Habari {{!}}")
    assert "placeholder" in (talk.screen.notice or "")
    assert talk.screen.text.startswith("Type the message")
    typed(talk, "Habari {{name}}")

    assert talk.screen.step == "send_kind"


def test_a_draft_that_somebody_left_is_forgotten(talk: Talk, tenant: Profile) -> None:
    group_id = book(tenant)
    to_group(talk, group_id)
    clock.advance(3500)
    watching.forget_drafts()
    assert len(queries.listing(tenant)) == 1
    clock.advance(101)
    assert queries.listing(tenant) == []
    watching.forget_drafts()

    assert Campaign.select().count() == 0


def test_back_from_the_cost_leads_to_the_question_before(talk: Talk, tenant: Profile) -> None:
    talk.start("send", "group", book(tenant))
    typed(talk, "Habari")
    talk.say("notice", "later", "kesho saa 3", "<")
    assert talk.screen.step == "send_time"
    talk.say("kesho saa 4")
    assert "tomorrow 10:00" in talk.screen.text
    talk.say("<", "<", "<")
    assert talk.screen.step == "send_kind"
    talk.say("notice", "now")
    agree(talk)
    for each in Campaign.select():
        carrying.carry_on(each.id)

    assert {each.body for each in Message.select()} == {"Habari"}
    assert Hold.select().count() == 1


def test_back_from_the_same_again_leads_to_the_cost(talk: Talk, tenant: Profile) -> None:
    group = book(tenant)
    agree(to_group(talk, group))
    went()
    agree(to_group(talk, group))
    assert talk.screen.step == "repeat_sure"
    talk.say("<")
    assert talk.screen.step == ("send_pin" if talk.channel == "ussd" else "send_sure")


def test_a_draft_that_waits_for_money_stays(
    make_tenant: Callable[..., Profile], join: Callable[..., Talk], channel: str
) -> None:
    clock.freeze(datetime(2026, 3, 12, 12, 0, tzinfo=clock.NAIROBI))
    tenant = make_tenant("2", price="0.80")
    to_group(join(tenant, channel), book(tenant)).say("topup")
    clock.advance(4000)
    watching.forget_drafts()

    assert len(queries.listing(tenant)) == 1


def test_an_advert_says_when_it_goes_and_who_gets_none(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    clock.freeze(datetime(2026, 3, 12, 21, 0, tzinfo=clock.NAIROBI))
    suppression.add(tenant.tenant_id, "254733000000", "promotional", source="stop")
    suppression.forget()
    talk = to_group(join(tenant, channel), book(tenant), "Bei nusu leo", "advert")
    assert "4 x" in talk.screen.text
    assert "Goes tomorrow 08:00" in talk.screen.text
    if channel == "ussd":
        assert "\nOpted out: 1\n" in talk.screen.text
    else:
        assert "Left out: 1" in talk.screen.text
        assert "08:00-18:00, from tomorrow 08:00" in (talk.screen.detail or "")
        assert "Opted out: 1" in (talk.screen.detail or "")
    agree(talk)
    fill()

    assert {row.status for row in Message.select()} == {"scheduled"}
    assert all("STOP" in row.body for row in Message.select())


def test_an_advert_that_became_too_late_is_shown_again(
    tenant: Profile, join: Callable[..., Talk], channel: str
) -> None:
    clock.freeze(datetime(2026, 3, 12, 17, 59, tzinfo=clock.NAIROBI))
    talk = to_group(join(tenant, channel), book(tenant), "Bei nusu leo", "advert")
    assert "Goes now" in talk.screen.text
    clock.advance(90)
    talk.say("yes")

    assert "Goes tomorrow 08:00" in talk.screen.text
    assert Hold.select().count() == 0


@pytest.mark.parametrize(
    ("words", "told"), [("14:30", "today 14:30"), ("kesho 9", "tomorrow 09:00")]
)
def test_it_goes_when_it_is_wanted(talk: Talk, tenant: Profile, words: str, told: str) -> None:
    talk.start("send", "group", book(tenant))
    typed(talk, "Habari")
    talk.say("notice", "later", "11:00")
    assert "passed" in (talk.screen.notice or "")
    talk.say("sometime")
    assert "Type a time" in (talk.screen.notice or "")
    talk.say(words)
    assert f"Goes {told}" in talk.screen.text
    agree(talk)

    assert f"{told}" in talk.screen.text
    assert Campaign.get().schedule_at > clock.now()


def test_cancel_leaves_no_draft_behind(talk: Talk, tenant: Profile) -> None:
    to_group(talk, book(tenant)).say("no")

    assert talk.screen.ends
    assert Campaign.select().count() == 0


def test_a_large_audience_is_counted_while_one_looks_again(
    talk: Talk, tenant: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launching, "INLINE_MAX", 2)
    to_group(talk, book(tenant))
    assert talk.screen.text.startswith("Counting")
    talk.say("again")
    assert talk.screen.text.startswith("Counting")
    carrying.count(Campaign.get().id)
    talk.say("again")
    assert "Wateja: 5 x 1 SMS" in talk.screen.text
    agree(talk)

    assert Hold.get().amount == Money.kes(4).units


def test_too_little_money_offers_a_top_up_or_the_first(
    make_tenant: Callable[..., Profile], join: Callable[..., Talk], channel: str
) -> None:
    tenant = make_tenant("2", price="0.80")
    talk = to_group(join(tenant, channel), book(tenant))
    assert talk.keys == ["first", "topup", "no"]
    talk.say("first")
    assert "first 2 of 5? It costs KES 1.60." in talk.screen.text
    agree(talk)
    fill()

    assert Message.select().count() == 2
    assert available(tenant) == Money.parse("0.40")


def test_a_top_up_can_come_first(
    make_tenant: Callable[..., Profile], join: Callable[..., Talk], channel: str
) -> None:
    tenant = make_tenant("0.40", price="0.80")
    talk = to_group(join(tenant, channel), book(tenant))
    assert talk.keys == ["topup", "no"]
    talk.say("topup")

    assert talk.screen.step == "topup_amount"


def test_it_can_be_tried_on_ones_own_phone(talk: Talk, tenant: Profile) -> None:
    to_group(talk, book(tenant)).say("test")
    if talk.channel == "ussd":
        assert talk.screen.asks is Asks.PIN
        talk.say("2580")
        assert talk.screen.ends
        talk.start("menu", "reports", "campaigns", Campaign.get().id, "start")
    assert [each.msisdn for each in Message.select()] == [ASHA]
    assert "KES 4, left KES 95.20" in talk.screen.text
    agree(talk)
    fill()

    assert Message.select().count() == 6


def test_a_test_of_an_advert_says_when_it_comes(talk: Talk, tenant: Profile) -> None:
    """It keeps to the hours of adverts, too."""
    clock.freeze(datetime(2026, 3, 12, 20, 0, tzinfo=clock.NAIROBI))
    to_group(talk, book(tenant), kind="advert").say("test")
    if talk.channel == "ussd":
        talk.say("2580")

    assert Message.get().status == "scheduled"
    assert talk.screen.text.startswith(
        "A test goes to 0712 345 671, tomorrow 08:00."
        if talk.channel == "ussd"
        else "Test to your phone: tomorrow 08:00.\n"
    )


def test_above_the_threshold_a_sender_asks_first(
    tenant: Profile, join: Callable[..., Talk], channel: str, change_settings: Callable[..., None]
) -> None:
    change_settings("rules", approval_threshold="1")
    group_id = book(tenant)
    sender = to_group(join(tenant, channel, JUMA, Role.SENDER), group_id)
    assert "Ask a manager" in [option.label for option in sender.screen.options]
    agree(sender)
    assert "A manager must agree" in sender.screen.text
    assert Campaign.get().status == "awaiting_approval"
    assert Hold.select().count() == 0


def went() -> None:
    """Let what was sent go, and some time go by."""
    fill()
    Message.update(status="submitted", submitted_at=clock.now()).execute()
    clock.freeze(clock.now())
    clock.advance(11 * 60)


def test_the_same_again_is_asked_about(talk: Talk, tenant: Profile) -> None:
    group_id = book(tenant)
    agree(to_group(talk, group_id))
    went()
    agree(to_group(talk, group_id))
    assert "same words" in talk.screen.text
    assert Hold.select().count() == 1
    agree(talk)

    assert talk.screen.ends
    assert Hold.select().count() == 2


def test_the_same_while_it_is_made_ready_is_not_even_asked_about(
    talk: Talk, tenant: Profile
) -> None:
    group_id = book(tenant)
    agree(to_group(talk, group_id))
    agree(to_group(talk, group_id))

    assert "less than 10 minutes ago" in (talk.screen.notice or talk.screen.text)
    assert Hold.select().count() == 1


def test_the_same_right_after_it_went_would_reach_nobody(talk: Talk, tenant: Profile) -> None:
    group_id = book(tenant)
    agree(to_group(talk, group_id))
    fill()
    to_group(talk, group_id)

    assert talk.screen.text == "Nobody would get it.\nHad the same text: 5"
    assert Campaign.select().count() == 1


def test_a_price_that_moves_is_shown_again(talk: Talk, tenant: Profile) -> None:
    to_group(talk, book(tenant))
    tenants.set_terms(tenant.tenant_id, price=Money.parse("0.90"), **BY)
    talk.say("yes")

    assert "changed" in (talk.screen.notice or "")
    assert "KES 4.50" in talk.screen.text
    assert Hold.select().count() == 0


def test_it_goes_out_under_the_own_name_where_there_is_one(talk: Talk, tenant: Profile) -> None:
    senders.register(tenant.tenant_id, "SALON", Category.TRANSACTIONAL, **BY)
    agree(to_group(talk, book(tenant)))
    fill()

    assert {each.sender for each in Message.select()} == {"SALON"}


def test_between_two_names_one_chooses(talk: Talk, tenant: Profile) -> None:
    for name in ("SALON", "ZURI"):
        senders.register(tenant.tenant_id, name, Category.PROMOTIONAL, **BY)
    talk.start("send", "group", book(tenant))
    typed(talk, "Habari")
    talk.say("advert", "s1", "now")
    agree(talk)

    assert Campaign.get().sender_id == "ZURI"


def test_in_a_chat_a_message_follows_it(talk: Talk, tenant: Profile) -> None:
    agree(to_group(talk, book(tenant)))

    wanted = ["campaign.live"] if talk.channel == "telegram" else []
    assert [row.kind for row in Notice.select()] == wanted


@pytest.mark.parametrize("language", ["en", "sw"])
def test_the_largest_send_there_can_be_is_shown_on_one_page(store: str, language: str) -> None:
    clock.freeze(datetime(2026, 3, 12, 21, 0, tzinfo=clock.NAIROBI))
    shop = Profile(1, "Salon", TenantStatus.ACTIVE, language, "standard", 8000)
    shop = replace(shop, approval_units=Money.kes(5000).units)
    visit = Visit("ussd", ASHA, ASHA, language, profile=shop, role=Role.SENDER)
    campaign = Campaign(
        id="cmp_1", tenant_id=1, name="Wateja wa Jumamosi wote", category="promotional"
    )
    goes = datetime(2026, 12, 24, 8, 0, tzinfo=clock.NAIROBI)
    for left in ("1234567.25", "-2345678.25"):
        found = Estimate(
            recipients=1_000_000,
            spread={1: 999_999, 10: 1},
            left_out={"opted_out": 123_456},
            encoding="GSM-7",
            offenders=[],
            rewrite=None,
            rewrite_saves=Money(0),
            cost=Money.parse("2345678.25"),
            balance_after=Money(Money.parse(left.lstrip("-")).units * (-1 if "-" in left else 1)),
            affordable=987_654,
            goes_at=goes,
            until=goes + timedelta(days=2, hours=3),
            windows=rules.windows(Category.PROMOTIONAL, ["safaricom"]),
            without_consent=0,
            missing=[],
            samples=[],
            obstacle=None,
        )
        screen = next(many._preview(visit, None, campaign, found, "")).screen()  # type: ignore[arg-type]
        made = pages(replace(screen, can_go_back=True), visit.say, 156)
        assert len(made) == 1, made
    assert estimates.needs_approval(visit, found)
