"""The proof tells a campaign whose money or gate is not what it should be."""

from __future__ import annotations

import pytest

from core import prove
from core.campaigns import pausing
from core.campaigns.models import Campaign
from core.messaging.models import Gate
from tests.campaigns.life import WHO, begun, deliver, make, people, start, work
from tests.ledger.undoing import undone


def wrong() -> list[str]:
    return [each.claim for each in prove.run() if not each.is_ok]


@pytest.fixture
def campaigns(make_tenant):
    """One of each kind."""
    tenant = make_tenant("100")
    done = begun(tenant)
    deliver(done)
    work(done)
    waiting = start(tenant, make(tenant, people(tenant, 2, "Wengine", first=20_000_000)))
    pausing.pause(tenant, waiting.id, **WHO)
    draft = make(tenant, to=["0712000001"])
    return done, waiting, draft


def test_every_kind_of_campaign_is_in_order(campaigns):
    assert wrong() == []


def test_whatever_is_not_in_order_is_told(campaigns):
    done, waiting, draft = campaigns
    changes = [
        lambda: Campaign.update(started_at=1).where(Campaign.id == draft.id),
        lambda: Campaign.update(started_at=None).where(Campaign.id == waiting.id),
        lambda: Campaign.update(status="running").where(Campaign.id == draft.id),
        lambda: Campaign.update(cost=1).where(Campaign.id == done.id),
        lambda: Campaign.delete().where(Campaign.id == done.id),
        lambda: Gate.delete(),
    ]
    for change in changes:
        with undone():
            change().execute()
            assert [each for each in wrong() if each.startswith("campaigns:")]
