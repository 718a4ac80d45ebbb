"""What goes before a campaign: what its business began earlier, and its share of the turns."""

from __future__ import annotations

import pytest

from core import clock
from core.campaigns import timing
from core.campaigns.models import Campaign
from core.tenants.profiles import Profile
from tests.campaigns import makers
from tests.messaging.scene import NOON, Make, at


@pytest.fixture(autouse=True)
def noon() -> None:
    at(NOON)


def going(tenant: Profile, people: int) -> Campaign:
    """A campaign under way, of which nothing has gone."""
    return makers.draft(
        tenant, "Habari", status="running", recipients=people, started_at=clock.now()
    )


def ahead(campaign: Campaign, texts: int = 10) -> int:
    return timing.ahead(campaign, texts, timing.under_way(is_test=False))


def test_own_campaigns_go_in_the_order_they_were_made_in(make_tenant: Make) -> None:
    tenant = make_tenant()
    first, second, third = (going(tenant, people) for people in (100, 20, 3))

    assert [ahead(each) for each in (first, second, third)] == [0, 100, 120]
    draft = makers.draft(tenant, "Habari")
    assert ahead(draft) == 123


def test_a_draft_that_was_made_first_waits_for_all_that_are_under_way(make_tenant: Make) -> None:
    tenant = make_tenant()
    draft = makers.draft(tenant, "Habari")
    going(tenant, 100)

    assert ahead(draft) == 100


def test_with_others_turns_are_taken(make_tenant: Make) -> None:
    """However much they send, the wait is no longer than one's own texts."""
    tenant, small, large = make_tenant(), make_tenant(), make_tenant()
    going(small, 3)
    going(large, 1_000_000)

    assert ahead(going(tenant, 10)) == 3 + 10
