"""What somebody agrees to is what was shown: changed meanwhile, it is shown and asked again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from core import clock
from core.campaigns import campaigns, carrying, launching, problems
from core.campaigns.models import Campaign
from core.contacts import contacts, groups
from core.dialogue.screens import Asks
from core.ledger.models import Hold
from core.money import Money
from core.tenants import tenants
from core.tenants.profiles import Profile
from tests.flows.talking import PIN, Talk, agree, typed

BY = {"actor": "test", "channel": "test"}


def book(tenant: Profile, count: int) -> str:
    """A group of so many. Gives its id."""
    group, _ = groups.create(tenant.tenant_id, "Wateja", **BY)
    for number in range(count):
        one_more(tenant, str(group.id), number)
    return str(group.id)


def one_more(tenant: Profile, group_id: str, number: int = 99) -> None:
    """Another person comes into a group."""
    contact, _ = contacts.put(tenant.tenant_id, f"07330000{number:02d}", "Mteja", **BY)
    groups.add(tenant.tenant_id, group_id, contact.id, **BY)


def shown(talk: Talk, group_id: str) -> Talk:
    """Come to the estimate of a send to a group."""
    talk.start("send", "group", group_id)
    typed(talk, "Habari")
    talk.say("notice", "now")
    return talk


@pytest.fixture
def tenant(make_tenant: Callable[..., Profile]) -> Profile:
    clock.freeze(datetime(2026, 3, 12, 12, 0, tzinfo=clock.NAIROBI))
    return make_tenant("100", price="0.80")


@pytest.mark.parametrize("inline_max", [5000, 2], ids=["small", "large"])
def test_somebody_who_joins_the_group_is_shown_before_a_yes_counts(
    talk: Talk, tenant: Profile, monkeypatch: pytest.MonkeyPatch, inline_max: int
) -> None:
    group_id = book(tenant, 3)
    shown(talk, group_id)
    assert "KES 2.40" in talk.screen.text
    monkeypatch.setattr(launching, "INLINE_MAX", inline_max)
    clock.advance(1)
    one_more(tenant, group_id)
    talk.say("yes")

    assert Hold.select().count() == 0
    assert talk.screen.asks is (Asks.CONFIRM if inline_max == 5000 else Asks.CHOICE)
    if inline_max == 5000:
        assert "changed" in (talk.screen.notice or "")
        assert "KES 3.20" in talk.screen.text
        agree(talk)
        assert Hold.get().amount == Money.parse("3.20").units


def test_what_changes_before_the_pin_is_asked_again(
    tenant: Profile, join: Callable[..., Talk]
) -> None:
    group_id = book(tenant, 3)
    talk = shown(join(tenant, "ussd"), group_id)
    talk.say("yes")
    assert talk.screen.asks is Asks.PIN
    clock.advance(1)
    one_more(tenant, group_id)
    talk.say(PIN)

    assert talk.screen.asks is Asks.CONFIRM
    assert "KES 3.20" in talk.screen.text
    assert Hold.select().count() == 0


def test_a_yes_is_to_the_words_that_were_shown(talk: Talk, tenant: Profile) -> None:
    """Somebody else writes the draft anew, at the same cost."""
    shown(talk, book(tenant, 3))
    campaigns.change(
        tenant, Campaign.get().id, lambda before: replace(before, message="Kwaheri"), **BY
    )
    talk.say("yes")

    assert "changed" in (talk.screen.notice or "")
    assert Hold.select().count() == 0


@pytest.mark.parametrize("inline_max", [5000, 1], ids=["small", "large"])
def test_the_first_few_cost_no_more_than_was_shown_for_them(
    make_tenant: Callable[..., Profile],
    join: Callable[..., Talk],
    monkeypatch: pytest.MonkeyPatch,
    inline_max: int,
) -> None:
    """The price goes up at the very moment of the yes, and the balance would reach for it."""
    tenant = make_tenant("2", price="0.80")
    talk = shown(join(tenant, "telegram"), book(tenant, 5))
    talk.say("first")
    assert "first 2 of 5? It costs KES 1.60." in talk.screen.text
    monkeypatch.setattr(launching, "INLINE_MAX", inline_max)
    real = launching.launch

    def just_then(shop: Profile, campaign_id: str, **asked: object) -> Campaign:
        tenants.set_terms(tenant.tenant_id, price=Money.parse("0.90"), **BY)
        return real(replace(shop, price_units=9000), campaign_id, **asked)  # type: ignore[arg-type]

    monkeypatch.setattr(launching, "launch", just_then)
    talk.say("yes")
    if inline_max == 1:
        carrying.carry_on(Campaign.get().id)
        monkeypatch.undo()
    told = problems.words(Campaign.get(), "en") or ""

    assert "KES 1.80 now, more than the KES 1.60 agreed" in told
    assert (Campaign.get().status, Hold.select().count()) == ("draft", 0)
