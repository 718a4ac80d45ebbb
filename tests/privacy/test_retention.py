"""Words are blanked when their time is over; numbers, times and prices stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from core import clock, ids
from core.campaigns import cancelling, launching
from core.campaigns.models import Campaign
from core.messaging import guards
from core.messaging.models import Blanked, Inbound, Message, Spool
from core.privacy import retention
from core.tenants import tenants
from core.tenants.models import Audit, Tenant
from core.tenants.profiles import Profile
from tests.campaigns import life, makers
from tests.messaging.scene import Gateway, assert_proved, hand_over, send
from tests.past import DAY_S, days_ago

JUMA = "254712345678"


def words() -> list[str]:
    return [row.body for row in Message.select().order_by(Message.id)]


def test_words_go_when_they_are_older_than_the_business_wants(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant, other = make_tenant("100"), make_tenant("100")
    by = {"actor": "test", "channel": "api"}
    tenants.update_profile(tenant.tenant_id, message_days=30, **by)
    for days in (100, 40, 20):
        with days_ago(monkeypatch, days):
            for each in (tenant, other):
                send(each, JUMA, body=f"Habari {days}")
            hand_over(Gateway())
    retention.forget_words()

    assert words() == ["", "", "", "Habari 40", "Habari 20", "Habari 20"]
    assert {row.msisdn for row in Message.select()} == {JUMA}
    tenants.update_profile(tenant.tenant_id, message_days=None, **by)
    assert Tenant.get_by_id(tenant.tenant_id).message_days is None
    assert_proved()


def test_what_has_not_gone_keeps_its_words_and_is_looked_at_again(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant("100")
    with days_ago(monkeypatch, 100):
        send(tenant, JUMA, body="one")
        hand_over(Gateway())
        send(tenant, JUMA, body="two")
    with days_ago(monkeypatch, 95):
        send(tenant, JUMA, body="three")
    Message.update(status="delivered", charge="taken").where(Message.body == "three").execute()
    retention.forget_words()
    assert words() == ["", "two", ""]
    first = Message.select().order_by(Message.id).first()
    assert Blanked.get().until_id == first.id

    Message.update(status="delivered").where(Message.body == "two").execute()
    retention.forget_words()
    assert words() == ["", "", ""]


def test_a_campaigns_texts_are_as_old_as_they_are_not_as_its_draft(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant("100")
    with days_ago(monkeypatch, 100):
        draft = makers.draft(tenant, "Habari", to=[JUMA])
    made = makers.priced(draft)
    makers.hold(made)
    makers.fill(made)
    hand_over(Gateway())
    retention.forget_words()
    assert words() == ["Habari"]

    Message.update(created_at=clock.ms() - 91 * DAY_S * 1000).execute()
    retention.forget_words()
    assert words() == [""]


def test_a_long_history_is_blanked_in_steps_and_once(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    tenant = make_tenant("100")
    for number in range(10):
        with days_ago(monkeypatch, 120 - number):
            send(tenant, JUMA, body=f"Habari {number}")
            hand_over(Gateway())
    monkeypatch.setattr(retention, "SHIFT_S", -1)  # one step a run
    left = []
    for _ in range(4):
        retention.forget_words()
        left.append(sum(map(bool, words())))

    assert left == [7, 4, 1, 0]


def test_replies_and_the_lists_of_old_campaigns_go_too(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant("100")
    with days_ago(monkeypatch, 100):
        Inbound.create(
            id=ids.new("inb"), key="k1", account_id=1, tenant_id=tenant.tenant_id, msisdn=JUMA,
            sent_to="20880", body="Asante", received_at=clock.now(),
        )  # fmt: skip
        made = makers.priced(makers.draft(tenant, "Habari", to=[JUMA]))
        Campaign.update(status="completed", finished_at=clock.now()).execute()
    assert JUMA in Campaign.get_by_id(made.id).audience
    retention.forget_words()

    assert Inbound.get().body == ""
    left = Campaign.get()
    assert (left.audience, left.findings) == ("{}", None)


@pytest.mark.parametrize("how", ["completed", "cancelled before it was counted"])
def test_the_list_of_an_old_campaign_goes_however_it_ended(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    tenant = make_tenant("100")
    with days_ago(monkeypatch, 100):
        made = life.make(tenant, to=[JUMA], message="Habari")
        if how == "completed":
            life.work(life.start(tenant, made))
            life.deliver(made)
            life.work(made)
        else:
            monkeypatch.setattr(launching, "INLINE_MAX", 0)
            life.start(tenant, made)
            cancelling.cancel(tenant, made.id, actor="test", channel="api")
    retention.forget_words()

    left = Campaign.get()
    assert left.status == how.split()[0]
    assert (left.audience, left.findings, left.problem) == ("{}", None, None)
    assert_proved()


@pytest.mark.parametrize("is_over", [True, False])
def test_words_of_a_campaign_go_though_all_before_its_draft_was_blank_before(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch, is_over: bool
) -> None:
    """The place up to which all is blank has passed the draft when it is started."""
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    tenant = make_tenant("100")
    tenants.update_profile(tenant.tenant_id, message_days=7, actor="test", channel="api")
    with days_ago(monkeypatch, 30):
        draft = life.make(tenant, to=[f"25471234567{each}" for each in range(5)], message="Habari")
    with days_ago(monkeypatch, 25):
        send(tenant, JUMA, body="single")
        hand_over(Gateway())
    with days_ago(monkeypatch, 10):
        retention.forget_words()
        life.work(life.start(tenant, draft))
        life.deliver(draft)
        if is_over:
            life.work(draft)
    assert words() == ["Habari"] * 5 + [""]
    retention.forget_words()

    assert words() == [""] * 6
    assert (Campaign.get().audience == "{}") == is_over


def test_an_old_campaign_is_kept_in_mind_while_a_text_of_it_may_still_go(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant("100")
    with days_ago(monkeypatch, 100):
        made = life.begun(tenant, 2)
        life.deliver(made)
        life.work(made)
    Message.update(status="submitting").where(Message.id == life.texts(made)[0].id).execute()
    retention.forget_words()
    assert sorted(map(bool, words())) == [False, True]

    Message.update(status="submitted").execute()
    retention.forget_words()
    assert words() == ["", ""]


def test_a_draft_goes_after_three_months_unless_its_time_is_to_come(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant("100")
    with days_ago(monkeypatch, guards.DRAFT_DAYS + 1):
        makers.priced(makers.draft(tenant, to=[JUMA]))
        later = makers.draft(tenant, to=[JUMA], schedule_at=clock.now() + timedelta(days=200))
    with days_ago(monkeypatch, guards.DRAFT_DAYS - 1):
        younger = makers.draft(tenant, to=[JUMA])
    retention.forget_words()

    assert {row.id for row in Campaign.select()} == {later.id, younger.id}
    assert Spool.select().count() == 0
    assert Audit.get(Audit.act == "campaign.removed").actor == "system"


def test_a_reason_that_may_repeat_the_words_goes_with_them(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = make_tenant("100")
    with days_ago(monkeypatch, 100):
        send(tenant, JUMA, "254712345679")
        hand_over(Gateway())
    first, second = Message.select().order_by(Message.id)
    Message.update(status="failed", reason="Habari").where(Message.id == first.id).execute()
    Message.update(status="failed", reason="blacklisted").where(Message.id == second.id).execute()
    retention.forget_words()

    assert [row.reason for row in Message.select().order_by(Message.id)] == [None, "blacklisted"]


def stray(body: str, tenant: Profile | None = None) -> None:
    """A text that came in, of which nobody knows for whom it is, or whose it is."""
    made = ids.new("inb")
    Inbound.create(
        id=made, key=made, account_id=1, tenant_id=tenant and tenant.tenant_id, msisdn=JUMA,
        sent_to="20880", body=body, received_at=clock.now(),
    )  # fmt: skip


def test_what_is_nobodys_goes_after_everybodys_days(
    make_tenant: Callable[..., Profile],
    monkeypatch: pytest.MonkeyPatch,
    change_settings: Callable[..., None],
) -> None:
    tenant = make_tenant("100")
    tenants.update_profile(tenant.tenant_id, message_days=200, actor="test", channel="api")
    change_settings("rules", message_days=60)
    for number in (100, 90, 50):
        with days_ago(monkeypatch, number):
            stray(f"Habari {number}")
            stray("Asante", tenant)
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    for _ in range(2):
        retention.forget_words()

    bodies = [row.body for row in Inbound.select().order_by(Inbound.id)]
    assert bodies == ["", "Asante", "", "Asante", "Habari 50", "Asante"]
    assert {row.tenant_id for row in Blanked.select()} >= {retention.NOBODY}
