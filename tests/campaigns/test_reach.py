"""A campaign leaves out whom its sender ID does not reach: said first, asked again at the end."""

from __future__ import annotations

import json

import pytest

from core.campaigns import launching, measuring, problems
from core.campaigns.audience import Audience
from core.campaigns.campaigns import Wanted
from core.campaigns.errors import PriceChanged
from core.campaigns.models import Campaign
from core.messaging import sender_decisions, senders
from core.messaging.models import Category, Message, SenderStatus
from core.money import Money
from core.tenants.profiles import Profile
from tests.campaigns.life import (
    again,
    assert_counted,
    begun,
    deliver,
    make,
    people,
    start,
    texts,
    work,
)
from tests.messaging.scene import assert_proved, available, held

OPS = {"actor": "telegram:9", "channel": "ops"}
# By their first digits one of these is Airtel's, and one Telkom's.
MIXED = ["0712000001", "0733000001", "0712000002", "0772000001"]


@pytest.fixture
def tenant(make_tenant):
    return make_tenant("100", price="1")


def standing(tenant: Profile, operator: str = "airtel", status: str = "rejected") -> None:
    """Note where an operator stands with KARIBU."""
    if senders.named(tenant.tenant_id, "KARIBU") is None:
        senders.register(tenant.tenant_id, "KARIBU", Category.TRANSACTIONAL, **OPS)
    public_id = str(senders.named(tenant.tenant_id, "KARIBU").public_id)
    sender_decisions.set_operator(public_id, operator, SenderStatus(status), **OPS)


def drafted(tenant: Profile, to: list[str] = MIXED) -> Campaign:
    return make(tenant, to=to, message="Habari", sender_id="KARIBU")


def test_the_estimate_says_how_many_it_does_not_reach_and_where(tenant):
    standing(tenant)
    found = launching.estimate(tenant, drafted(tenant).id)

    assert (found.recipients, found.cost) == (3, Money.kes(3))
    assert found.left_out == {"sender_not_at_operator": 1}
    assert (found.sender_id, found.closed) == ("KARIBU", {"airtel": 1})
    assert found.obstacle is None


def test_what_is_no_draft_is_estimated_alike(tenant):
    standing(tenant)
    wanted = Wanted("", Audience(to=MIXED), message="Habari", sender_id="KARIBU")

    assert measuring.measure(tenant, wanted).closed == {"airtel": 1}


def test_it_goes_to_the_others_and_costs_nothing_for_who_is_left_out(tenant):
    standing(tenant)
    campaign = drafted(tenant)
    start(tenant, campaign)
    assert held(tenant) == "3.00"
    gateway = deliver(work(campaign))

    assert sorted(number for number, _ in gateway.handed) == [
        *("254712000001", "254712000002", "254772000001")
    ]
    assert available(tenant) == "97.00"
    assert_counted(campaign)


def test_of_the_first_few_each_is_somebody_who_gets_it(tenant):
    standing(tenant)
    campaign = drafted(tenant)
    start(tenant, campaign, first=2)
    deliver(work(campaign))

    assert [row.msisdn for row in texts(campaign)] == ["254712000001", "254712000002"]


def test_ours_reaches_everybody(tenant):
    standing(tenant)

    assert launching.estimate(tenant, make(tenant, to=MIXED).id).closed == {}


@pytest.mark.parametrize("to", [["0733000001"], ["0733000001", "0772000001"]])
def test_one_that_reaches_nobody_says_why(tenant, to):
    standing(tenant)
    standing(tenant, "telkom", "submitted")
    campaign = drafted(tenant, to)
    obstacle = launching.estimate(tenant, campaign.id).obstacle

    assert obstacle.code == "sender_reaches_nobody"
    where = "Airtel" if len(to) == 1 else "Airtel, Telkom"
    assert f"KARIBU is not approved by {where}, where {len(to)} of them" in obstacle.words("en")
    assert f"KARIBU halijaidhinishwa na {where}, wenye watu {len(to)}" in obstacle.words("sw")
    assert problems.words(again(campaign), "sw") == obstacle.words("sw")
    with pytest.raises(type(obstacle)):
        start(tenant, campaign)


def test_a_decision_makes_an_estimate_out_of_date(tenant):
    standing(tenant, status="approved")
    campaign = drafted(tenant)
    assert launching.estimate(tenant, campaign.id).recipients == 4
    standing(tenant)
    assert launching.estimate(tenant, campaign.id).recipients == 3
    standing(tenant, status="approved")
    with pytest.raises(PriceChanged):
        start(tenant, campaign, agreed=Money.kes(3))

    start(tenant, campaign)
    assert held(tenant) == "4.00"


def test_what_an_operator_refuses_after_the_start_is_withheld_with_its_money(tenant):
    standing(tenant, status="approved")
    campaign = begun(tenant, 0, to=MIXED, message="Habari", sender_id="KARIBU")
    standing(tenant)
    gateway = deliver(campaign)

    assert "254733000001" not in dict(gateway.handed)
    assert (len(gateway.handed), available(tenant), held(tenant)) == (3, "97.00", "0.00")
    (kept,) = Message.select().where(Message.status == "suppressed")
    assert (kept.msisdn, kept.reason) == ("254733000001", "sender_not_at_operator")
    assert_counted(campaign)
    assert_proved()
    assert work(campaign).status == "completed"


def test_a_business_without_any_such_name_is_as_quick_as_before(tenant, monkeypatch):
    """Nothing is asked of each person, and nothing of the database a second time."""
    from core import phone

    campaign = make(tenant, people(tenant, 50), message="Habari")
    asked = []
    real = phone.operator
    monkeypatch.setattr(phone, "operator", lambda msisdn: asked.append(msisdn) or real(msisdn))
    launching.estimate(tenant, campaign.id)

    assert len(asked) == 1
    assert json.loads(again(campaign).left_out) == {}
