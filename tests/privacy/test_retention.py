"""Words are blanked when their time is over; numbers, times and prices stay."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from core import clock, ids
from core.campaigns.models import Campaign
from core.messaging.models import Blanked, Inbound, Message
from core.privacy import retention
from core.tenants import tenants
from core.tenants.models import Tenant
from core.tenants.profiles import Profile
from tests.campaigns import makers
from tests.messaging.scene import Gateway, assert_proved, hand_over, send

DAY_S = 24 * 3600
JUMA = "254712345678"


@contextmanager
def days_ago(monkeypatch: pytest.MonkeyPatch, days: float) -> Iterator[None]:
    """Do something as if it were then, with ids of that time."""
    began, now = time.time_ns, clock.now()
    ids._forget()
    with monkeypatch.context() as patched:
        patched.setattr(ids.time, "time_ns", lambda: began() - int(days * DAY_S * 1e9))
        clock.freeze(clock.from_ms(clock.to_ms(now) - int(days * DAY_S * 1000)))
        yield
    clock.unfreeze()
    ids._forget()


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
