"""Whoever is killed at whatever statement, the next one finishes what was begun, and only that."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.campaigns import cancelling, carrying, launching, watching
from core.campaigns.models import Campaign
from core.tenants.profiles import Profile
from tests.campaigns.executioner import Executioner
from tests.campaigns.life import (
    WHO,
    again,
    assert_counted,
    begun,
    deliver,
    facts,
    make,
    people,
    start,
    texts,
)
from tests.messaging.scene import assert_proved, available, held, later

STATEMENTS_MAX = 300
Life = Callable[[Profile, Campaign], None]


def all_of_a_start(tenant: Profile, campaign: Campaign) -> None:
    """Ask for it, make its rows, see that it runs."""
    start(tenant, campaign, once="start")
    carrying.carry_on(campaign.id)
    watching.look_at(again(campaign))


def all_of_an_end(tenant: Profile, campaign: Campaign) -> None:
    watching.look_at(again(campaign))


def all_of_a_cancelling(tenant: Profile, campaign: Campaign) -> None:
    cancelling.cancel(tenant, campaign.id, **WHO)
    carrying.carry_on(campaign.id)
    watching.look_at(again(campaign))


def through_all_kills(
    executioner: Executioner, ready: Callable[[], tuple[Profile, Campaign]], life: Life
) -> list[tuple[Profile, Campaign]]:
    """Live a part of a life, killed at each of its statements in turn, and again to its end."""
    lived = []
    for statements in range(1, STATEMENTS_MAX):
        tenant, campaign = ready()
        was_killed = executioner.kills(lambda: life(tenant, campaign), statements)  # noqa: B023
        later(seconds=61)
        life(tenant, campaign)
        carrying.carry_on(campaign.id)
        watching.look_at(again(campaign))
        lived.append((tenant, campaign))
        if not was_killed:
            break
    assert 3 < statements < STATEMENTS_MAX - 1
    return lived


@pytest.mark.parametrize("inline_max", [5000, 1], ids=["small", "large"])
def test_a_start_survives_a_death_at_any_statement(make_tenant, monkeypatch, inline_max):
    monkeypatch.setattr(launching, "INLINE_MAX", inline_max)

    def ready():
        tenant = make_tenant("100")
        return tenant, make(tenant, people(tenant, 2))

    lived = through_all_kills(Executioner(monkeypatch), ready, all_of_a_start)

    for tenant, campaign in lived:
        assert again(campaign).status == "running"
        assert (len(texts(campaign)), held(tenant)) == (2, "1.60")
        assert_counted(campaign)
    assert len(facts("campaign.started")) == len(lived)
    assert_proved()


def test_an_end_survives_a_death_at_any_statement(make_tenant, monkeypatch):
    def ready():
        tenant = make_tenant("100")
        campaign = begun(tenant, 2)
        deliver(campaign)
        return tenant, campaign

    lived = through_all_kills(Executioner(monkeypatch), ready, all_of_an_end)

    assert {again(campaign).status for _, campaign in lived} == {"completed"}
    assert len(facts("campaign.completed")) == len(lived)


def test_a_cancelling_survives_a_death_at_any_statement(make_tenant, monkeypatch):
    def ready():
        tenant = make_tenant("100")
        return tenant, begun(tenant, 2)

    lived = through_all_kills(Executioner(monkeypatch), ready, all_of_a_cancelling)

    for tenant, campaign in lived:
        assert again(campaign).status == "cancelled"
        assert (available(tenant), held(tenant)) == ("100.00", "0.00")
        assert_counted(campaign)
    assert len(facts("campaign.cancelled")) == len(lived)
    assert_proved()
