"""Campaigns and imports are told to whoever asked, decided upon by whoever may, each once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from core import clock
from core.campaigns import (
    approving,
    campaigns,
    cancelling,
    carrying,
    ending,
    launching,
    pausing,
    queries,
    stopping,
)
from core.campaigns.audience import Audience
from core.campaigns.campaigns import Wanted
from core.campaigns.errors import ApprovalPriceChanged, ApprovedTooLate
from core.campaigns.models import Campaign
from core.contacts import contacts, groups, imports
from core.contacts.imports import working
from core.contacts.imports.models import Import
from core.messaging import counts, dispatch, refusals
from core.messaging.counts import Move
from core.messaging.models import Message
from core.notices import approvals, notebook
from core.notices.bulk import live_cause
from core.notices.models import Notice
from core.notices.progress import draw_campaign
from core.tenants import rows, team
from core.tenants.models import Person, Role, Tenant
from core.tenants.profiles import Profile, profile
from tests.messaging import scene
from tests.notices.room import Room, no
from tests.notices.scene import person, states, tell, texts

ASHA, JUMA, ZAWADI = 501, 502, 503
BY = {"actor": "test", "channel": "test"}


@pytest.fixture
def tenant(room: Room, make_tenant: Callable[..., Profile]) -> Profile:
    return make_tenant("100", price="0.80")


@pytest.fixture
def asha(tenant: Profile) -> Person:
    return person(tenant, telegram_id=ASHA)


def drafted(tenant: Profile, who: Person, count: int = 3, name: str = "Sale") -> str:
    for number in range(count):
        contacts.put(tenant.tenant_id, f"073300{number:04d}", f"N{number}", **BY)
    wanted = Wanted(name, Audience(everyone=True), message="Habari")
    return str(campaigns.create(tenant, wanted, actor=who.actor, channel="telegram").id)


def going(tenant: Profile, who: Person, **more: Any) -> str:
    campaign_id = drafted(tenant, who, **more)
    launching.launch(tenant, campaign_id, actor=who.actor, channel="telegram")
    carrying.carry_on(campaign_id)
    return campaign_id


def hand_over(count: int) -> list[str]:
    """Let the gateway take so many texts. Gives the names it knows them by."""
    names = [f"g{at}" for at in range(count)]
    scene.hand_over(scene.Gateway(scene.accepted(*names)))
    return names


def test_a_finished_campaign_is_told_once_with_a_chart(
    tenant: Profile, asha: Person, room: Room
) -> None:
    campaign_id = going(tenant, asha)
    for each in hand_over(3):
        scene.report(each)
    scene.wake_reports()
    assert ending.complete(campaign_id)
    for _ in range(5):
        tell(60)

    (said,) = room.said(ASHA)
    assert said.text == "Sale: 3 delivered. KES 2.40."
    assert said.has_picture
    assert said.data("Report") == f"go:@campaign:{campaign_id}"


def test_a_result_waits_some_minutes_for_reports(tenant: Profile, asha: Person, room: Room) -> None:
    campaign_id = going(tenant, asha)
    scene.report(hand_over(3)[0])
    scene.wake_reports()
    ending.complete(campaign_id)
    tell(60)
    assert room.said(ASHA) == []
    for _ in range(30):
        tell(15)

    assert room.texts(ASHA) == ["Sale: 1 delivered, 2 sent, no report yet. KES 2.40."]


def test_refused_texts_are_explained_in_words(tenant: Profile, asha: Person, room: Room) -> None:
    campaign_id = going(tenant, asha)
    hand_over(3)
    last = Message.select().order_by(Message.id.desc()).first()
    Message.update(status="rejected", reason="sender_refused").where(
        Message.id == last.id
    ).execute()
    counts.move([Move(campaign_id, "submitted", "rejected", 1, 1, last.cost)])
    ending.complete(campaign_id)
    for _ in range(40):
        tell(15)

    said = room.last(ASHA).text
    assert "1 not delivered" in said
    assert "1: The networks do not accept the sender ID TUMA yet." in said
    (why,) = refusals.of(campaign_id)
    assert (why.code, why.count) == ("sender_refused", 1)


def test_without_a_chat_it_is_told_in_plain_words_by_sms(tenant: Profile, room: Room) -> None:
    juma = person(tenant)
    campaign_id = going(tenant, juma)
    for each in hand_over(3):
        scene.report(each)
    scene.wake_reports()
    ending.complete(campaign_id)
    tell()

    assert texts(juma) == ["Sale: 3 delivered. KES 2.40."]


def test_what_came_back_is_told(tenant: Profile, asha: Person, room: Room) -> None:
    campaign_id = going(tenant, asha)
    cancelling.cancel(tenant, campaign_id, **BY)
    carrying.carry_on(campaign_id)
    tell()

    assert room.texts(ASHA) == [
        "Sale is cancelled. 0 SMS had gone; KES 2.40 is back in your balance."
    ]


def test_a_stale_campaign_asks_with_two_buttons(tenant: Profile, asha: Person, room: Room) -> None:
    campaign_id = going(tenant, asha)
    clock.advance(24 * 3600)
    stopping.stop_stale(campaign_id)
    tell()
    said = room.last(ASHA)

    assert "3 SMS are left" in said.text
    assert said.data("Send now") == f"go:@resume_campaign:{campaign_id}"
    assert said.data("Cancel the rest") == f"go:@cancel_campaign:{campaign_id}"


def test_a_large_one_that_could_not_start_says_why(
    make_tenant: Callable[..., Profile],
    room: Room,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(launching, "INLINE_MAX", 1)
    tenant = make_tenant("1", price="0.80")
    asha = person(tenant, telegram_id=ASHA)
    going(tenant, asha)
    tell()

    assert room.last(ASHA).text.startswith("Sale has not started: This costs KES 2.40")


# The second person.


@pytest.fixture
def asked(
    tenant: Profile, asha: Person, room: Room, change_settings: Callable[..., None]
) -> tuple[str, Person, Person]:
    """A campaign that a sender asks for, the sender, and a manager beside the owner."""
    change_settings("rules", approval_threshold="1")
    sender = person(tenant, telegram_id=JUMA, role=Role.SENDER, name="Juma")
    manager = person(tenant, telegram_id=ZAWADI, role=Role.MANAGER, name="Zawadi")
    campaign_id = drafted(tenant, sender)
    launching.launch(
        profile(tenant.tenant_id),
        campaign_id,
        needs_approval=True,
        actor=sender.actor,
        channel="telegram",
    )
    tell()
    return campaign_id, sender, manager


def mark(campaign_id: str) -> str:
    return approving.mark(Campaign.get_by_id(campaign_id))


def agree(tenant: Profile, campaign_id: str, who: Person) -> None:
    """Approve a campaign as it stands."""
    approving.approve(tenant, campaign_id, who, seen=mark(campaign_id), channel="telegram")


def test_owner_and_manager_are_asked_and_the_sender_is_not(
    asked: tuple[str, Person, Person], room: Room
) -> None:
    campaign_id = asked[0]
    for chat in (ASHA, ZAWADI):
        (card,) = room.said(chat)
        assert "Juma asks to send an SMS to 3 people for KES 2.40: Sale" in card.text
        assert "Habari" in card.text
        assert card.data("Approve") == f"go:@approve:{campaign_id}:{mark(campaign_id)}"
        assert card.data("Reject") == f"go:@reject:{campaign_id}"
    assert room.said(JUMA) == []


def test_a_card_follows_what_it_costs_and_one_that_is_late_says_so(
    asked: tuple[str, Person, Person], tenant: Profile, room: Room
) -> None:
    campaign_id, _, manager = asked
    Tenant.update(price_units=9000).where(Tenant.id == tenant.tenant_id).execute()
    with pytest.raises(ApprovalPriceChanged):
        agree(profile(tenant.tenant_id), campaign_id, manager)
    for _ in range(3):
        tell(2)
    for chat in (ASHA, ZAWADI):
        assert "for KES 2.70: Sale" in room.last(chat).text
        tap = room.last(chat).data("Approve")
        assert tap == f"go:@approve:{campaign_id}:{mark(campaign_id)}"
        assert len(tap) <= 64

    clock.advance(24 * 3600)
    with pytest.raises(ApprovedTooLate):
        agree(tenant, campaign_id, manager)
    for _ in range(3):
        tell(2)
    for chat in (ASHA, ZAWADI):
        assert "Nobody approved this campaign in time" in room.last(chat).text
        assert room.last(chat).buttons == []
    assert "Nobody approved this campaign in time" in room.texts(JUMA)[-1]


def test_a_card_says_when_it_is_to_go(asked: tuple[str, Person, Person], tenant: Profile) -> None:
    Campaign.update(schedule_at=datetime(2026, 11, 24, 6, 5, tzinfo=UTC)).execute()

    look = approvals.draw(asked[0], tenant.tenant_id, "en")
    assert look is not None
    assert "Goes 24 Nov 09:05" in look.text.splitlines()


def test_the_card_shows_what_the_first_person_gets(
    tenant: Profile, asha: Person, change_settings: Callable[..., None]
) -> None:
    change_settings("rules", approval_threshold="1")
    campaign_id = drafted(tenant, asha)
    Campaign.update(message="Habari {{first_name|mteja}}", category="promotional").execute()
    launching.launch(
        profile(tenant.tenant_id),
        campaign_id,
        needs_approval=True,
        actor=asha.actor,
        channel="telegram",
    )
    look = approvals.draw(campaign_id, tenant.tenant_id, "en")

    assert look is not None
    assert "Habari N0" in look.text
    assert "{{" not in look.text
    assert "Advert. From TUMA" in look.text


def test_every_card_shows_who_approved_and_the_sender_is_told(
    asked: tuple[str, Person, Person], tenant: Profile, room: Room
) -> None:
    campaign_id, _, manager = asked
    agree(tenant, campaign_id, manager)
    for _ in range(3):
        tell(2)

    for chat in (ASHA, ZAWADI):
        (card,) = room.said(chat)
        assert card.text.endswith("Zawadi has approved it.")
        assert card.buttons == []
    assert room.texts(JUMA) == ["Zawadi has approved Sale. It goes now."]


def test_a_no_reaches_the_sender_with_its_reason(
    asked: tuple[str, Person, Person], tenant: Profile, room: Room
) -> None:
    campaign_id, _, manager = asked
    approving.reject(tenant, campaign_id, manager, reason="Too dear", channel="telegram")
    for _ in range(3):
        tell(2)

    assert room.texts(JUMA) == ["Zawadi has not approved Sale: Too dear"]
    assert "Too dear" in room.last(ASHA).text
    assert room.last(ASHA).buttons == []


def test_by_phone_one_is_told_where_to_approve(
    tenant: Profile, room: Room, change_settings: Callable[..., None]
) -> None:
    change_settings("rules", approval_threshold="1")
    owner, sender = person(tenant), person(tenant, role=Role.SENDER, name="Juma")
    campaign_id = drafted(tenant, sender)
    shop = profile(tenant.tenant_id)
    launching.launch(shop, campaign_id, needs_approval=True, actor=sender.actor, channel="ussd")
    tell()

    (said,) = texts(owner)
    assert said.startswith("Juma asks to send Sale to 3 people for KES 2.40. Dial *384*")


# A message that follows.


def live(tenant: Profile, asha: Person, campaign_id: str) -> None:
    """Have a message follow a campaign."""
    notebook.put(
        live_cause(campaign_id),
        f"person:{asha.id}",
        "campaign.live",
        tenant_id=tenant.tenant_id,
        data={"campaign": campaign_id},
    )
    tell()


def test_a_message_follows_a_campaign_to_its_end(tenant: Profile, asha: Person, room: Room) -> None:
    campaign_id = going(tenant, asha)
    live(tenant, asha, campaign_id)
    assert "0 of 3 handed over" in room.last(ASHA).text
    for each in hand_over(3):
        scene.report(each)
    scene.wake_reports()
    tell(3)
    assert "▰▰▰▰▰▰▰▰▰▰ 100%" in room.last(ASHA).text
    ending.complete(campaign_id)
    tell(60)
    first, second = room.said(ASHA)

    assert "Sale: Finished" in first.text
    assert "3 delivered" in first.text
    assert second.has_picture


def test_a_cancelled_one_says_how_many_had_been_handed_over(
    tenant: Profile, asha: Person, room: Room
) -> None:
    campaign_id = going(tenant, asha)
    first = Message.select().order_by(Message.id).first()
    Message.update(status="delivered").where(Message.id == first.id).execute()
    counts.move([Move(campaign_id, "queued", "delivered", 1, 1, first.cost)])
    cancelling.cancel(tenant, campaign_id, **BY)
    carrying.carry_on(campaign_id)
    live(tenant, asha, campaign_id)
    said = next(each.text for each in room.said(ASHA) if "handed over" in each.text)

    assert "Sale: Cancelled" in said
    assert "1 of 3 handed over" in said
    assert " 33%" in said
    assert queries.progress(tenant, campaign_id).percent == 33


def test_a_paused_one_comes_to_rest_at_true_figures(
    tenant: Profile, asha: Person, room: Room
) -> None:
    """What was in a worker's hand when it was paused goes, and is counted a moment later."""
    campaign_id = going(tenant, asha)
    in_hand = scene.claim()
    pausing.pause(tenant, campaign_id, **BY)
    live(tenant, asha, campaign_id)
    tell(3)
    assert "0 of 3 handed over" in room.last(ASHA).text

    dispatch.hand_over(scene.Gateway(), in_hand)
    tell(3)
    assert "Sale: Paused" in room.last(ASHA).text
    assert "3 of 3 handed over" in room.last(ASHA).text


def test_reports_that_come_late_are_shown_still(tenant: Profile, asha: Person, room: Room) -> None:
    campaign_id = going(tenant, asha)
    live(tenant, asha, campaign_id)
    names = hand_over(3)
    ending.complete(campaign_id)
    for _ in range(10):
        tell(60)
    assert "3 sent, no report yet" in room.said(ASHA)[0].text
    for each in names:
        scene.report(each)
    scene.wake_reports()
    tell(1800)

    assert "3 delivered" in room.said(ASHA)[0].text


def test_adverts_say_when_they_go_and_not_when_they_were_wanted(
    tenant: Profile, asha: Person, room: Room
) -> None:
    clock.freeze(datetime(2026, 3, 12, 19, 0, tzinfo=clock.NAIROBI))
    campaign_id = drafted(tenant, asha)
    wanted = datetime(2026, 3, 12, 20, 0, tzinfo=clock.NAIROBI)
    Campaign.update(category="promotional", schedule_at=wanted).execute()
    launching.launch(tenant, campaign_id, actor=asha.actor, channel="telegram")
    carrying.carry_on(campaign_id)
    live(tenant, asha, campaign_id)

    assert "13 Mar 08:00" in room.said(ASHA)[0].text


def test_what_is_handed_over_while_the_rest_is_made_ready_is_on_its_way(
    tenant: Profile, asha: Person
) -> None:
    campaign_id = going(tenant, asha)
    hand_over(3)
    Campaign.update(status="preparing").execute()
    look = draw_campaign(campaign_id, tenant.tenant_id, "en")

    assert look is not None
    assert "Sale: On its way" in look.text


# Who has left.


@pytest.fixture
def juma(tenant: Profile, asha: Person) -> Person:
    return person(tenant, telegram_id=JUMA, role=Role.SENDER, name="Juma")


def removed(tenant: Profile, who: Person, by: Person) -> None:
    team.remove(tenant.tenant_id, who.id, by=by, channel="telegram")


def test_whoever_has_left_the_team_is_told_that_and_nothing_more(
    tenant: Profile, asha: Person, juma: Person, room: Room
) -> None:
    import_id = read(tenant, juma, ODD)
    campaign_id = going(tenant, juma)
    removed(tenant, juma, asha)
    working.run(import_id)
    hand_over(3)
    ending.complete(campaign_id)
    for _ in range(6):
        tell(60)

    assert room.texts(JUMA) == [
        f"You are no longer in the team of {rows.get(tenant.tenant_id).name}."
    ]
    assert room.count("sendDocument") == 0
    assert texts(juma) == []


def test_a_message_stands_still_in_the_chat_of_somebody_who_has_left(
    tenant: Profile, asha: Person, juma: Person, room: Room
) -> None:
    campaign_id = going(tenant, juma)
    live(tenant, juma, campaign_id)
    before = room.last(JUMA).text
    removed(tenant, juma, asha)
    tell()
    hand_over(3)
    tell(10)

    assert room.said(JUMA)[0].text == before


# Imports.


def read(tenant: Profile, who: Person, content: bytes, **more: Any) -> str:
    made = imports.begin(
        tenant.tenant_id, "wateja.csv", iter([content]), actor=who.actor, channel="telegram", **more
    )
    return str(made.id)


GOOD = b"phone,name\n0733000001,Ali\n0733000002,Sara\n"
ODD = GOOD + b"12,Nobody\n"


def follow(tenant: Profile, who: Person, import_id: str) -> None:
    notebook.put(
        live_cause(import_id),
        f"person:{who.id}",
        "import.live",
        tenant_id=tenant.tenant_id,
        data={"import": import_id},
    )


def test_an_import_of_a_program_is_told_to_nobody(
    tenant: Profile, asha: Person, room: Room
) -> None:
    made = imports.begin(tenant.tenant_id, "a.csv", iter([GOOD]), actor="key:key_x", channel="rest")
    working.run(made.id)
    tell()

    assert states() == []


def test_the_result_comes_in_the_message_that_followed(
    tenant: Profile, asha: Person, room: Room
) -> None:
    group, _ = groups.create(tenant.tenant_id, "Wateja", **BY)
    import_id = read(tenant, asha, GOOD, group_id=group.id)
    follow(tenant, asha, import_id)
    tell()
    assert "Reading wateja.csv" in room.last(ASHA).text
    working.run(import_id)
    for _ in range(4):
        tell(3)

    (said,) = room.said(ASHA)
    assert "wateja.csv is read. Rows: 2.\nNew contacts: 2" in said.text
    assert said.data("Send to these") == f"go:@send:{group.id}"


def test_rows_left_out_come_as_a_file_of_their_own(
    tenant: Profile, asha: Person, room: Room
) -> None:
    import_id = read(tenant, asha, ODD)
    follow(tenant, asha, import_id)
    working.run(import_id)
    for _ in range(4):
        tell(3)
    first, second = room.said(ASHA)

    assert "Rows left out: 1" in first.text
    assert second.text == "Rows left out of wateja.csv: 1. The file says why."
    assert room.count("sendDocument") == 1


def test_without_such_a_message_all_is_told_at_once(
    tenant: Profile, asha: Person, room: Room
) -> None:
    import_id = read(tenant, asha, ODD)
    working.run(import_id)
    tell()
    (said,) = room.said(ASHA)

    assert "New contacts: 2" in said.text
    assert room.count("sendDocument") == 1


@pytest.mark.parametrize("when", ["before", "at the end"])
def test_a_result_whose_message_was_deleted_is_told_by_a_new_one(
    tenant: Profile, asha: Person, room: Room, when: str
) -> None:
    import_id = read(tenant, asha, ODD)
    follow(tenant, asha, import_id)
    tell()
    room.fault = lambda method, body: (
        no(400, "Bad Request: message to edit not found") if method == "editMessageText" else None
    )
    if when == "before":
        Import.update(progress=5000).execute()
        tell(3)
    working.run(import_id)
    for _ in range(5):
        tell(3)
    first, second = room.said(ASHA)

    assert "Reading wateja.csv" in first.text
    assert "New contacts: 2" in second.text
    assert second.has_file
    assert room.count("editMessageText") == 2


def test_a_result_does_not_wait_for_a_message_for_ever(
    tenant: Profile, asha: Person, room: Room
) -> None:
    import_id = read(tenant, asha, GOOD)
    follow(tenant, asha, import_id)
    tell()
    room.fault = lambda method, body: no(500, "Oops") if method == "editMessageText" else None
    working.run(import_id)
    for _ in range(5):
        tell(70)

    assert "New contacts: 2" in room.last(ASHA).text
    assert len(room.said(ASHA)) == 2


def test_by_sms_an_import_is_told_in_a_line(tenant: Profile, room: Room) -> None:
    juma = person(tenant)
    working.run(read(tenant, juma, ODD))
    tell()

    assert texts(juma) == ["wateja.csv: 2 new, 0 known, 0 twice, 1 left out."]


def test_nothing_is_told_twice_when_the_answer_is_lost(
    tenant: Profile, asha: Person, room: Room
) -> None:
    room.fault = lambda method, body: "lose" if method == "sendDocument" else None
    working.run(read(tenant, asha, ODD))
    for _ in range(5):
        tell(120)

    assert room.count("sendDocument") == 1
    assert [row.state for row in Notice.select()] == ["unknown"]
