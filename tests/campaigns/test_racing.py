"""Many at one campaign at the same moment: it starts once, ends once, and the money is right."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from core import database
from core.campaigns import cancelling, carrying, pausing, watching
from core.campaigns.models import Campaign
from core.errors import Refused
from core.ledger.models import Hold
from core.messaging.models import Message
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
    work,
)
from tests.messaging.scene import Gateway, assert_proved, available, hand_over, held


def at_once(*acts: Callable[[], object]) -> list[BaseException]:
    """Do several things at the same moment, each in a thread of its own. Returns what failed."""
    gate, failed = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        gate.wait()
        try:
            act()
        except BaseException as error:  # told to the test
            failed.append(error)
        finally:
            database.db.obj.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def test_of_many_who_start_it_one_does(make_tenant):
    tenant = make_tenant("100")
    campaign = make(tenant, people(tenant, 3))

    failed = at_once(*[lambda: start(tenant, campaign)] * 6)

    assert all(isinstance(each, Refused) for each in failed), failed
    assert (Hold.select().count(), held(tenant)) == (1, "2.40")
    assert len(facts("campaign.started")) == 1
    deliver(work(campaign))
    assert len(texts(campaign)) == 3
    assert_proved()


def test_of_two_alike_that_start_at_once_one_starts(make_tenant):
    tenant = make_tenant("100")
    group = people(tenant, 3)
    twins = [make(tenant, group) for _ in range(4)]

    failed = at_once(*[lambda each=each: start(tenant, each) for each in twins])

    assert [getattr(each, "code", each) for each in failed] == ["campaign_repeat_too_soon"] * 3
    assert held(tenant) == "2.40"
    assert_proved()


def test_its_end_is_noted_once_however_many_look(make_tenant):
    campaign = begun(make_tenant("100"), 5)
    deliver(campaign)

    assert at_once(*[watching.watch] * 6) == []

    assert again(campaign).status == "completed"
    assert len(facts("campaign.completed")) == 1


@pytest.mark.parametrize("seed", range(3))
def test_whatever_people_do_while_it_goes_nobody_gets_two_and_the_money_is_right(make_tenant, seed):
    """Workers fill and hand over, people pause, resume and at last cancel, all at once."""
    chance = random.Random(seed)
    tenant = make_tenant("100")
    campaign = start(tenant, make(tenant, people(tenant, 90)))
    gateway = Gateway()

    def press() -> None:
        for _ in range(6):
            act = chance.choice([pausing.pause, pausing.resume, pausing.resume])
            with suppress(Refused):
                act(tenant, campaign.id, **WHO)
        cancelling.cancel(tenant, campaign.id, **WHO)

    def serve() -> None:
        for _ in range(3):
            carrying.carry_on(campaign.id)
            watching.watch()
            hand_over(gateway)

    failed = at_once(press, serve, serve, serve)

    assert [each for each in failed if getattr(each, "code", "") != "campaign_state"] == []
    for _ in range(3):
        work(campaign)
    assert again(campaign).status in ("cancelled", "completed")
    numbers = [msisdn for msisdn, _ in gateway.handed]
    assert len(numbers) == len(set(numbers))
    sent = Message.select().where(Message.status == "submitted").count()
    assert (len(texts(campaign)), sent) == (90, len(numbers))
    assert held(tenant) == "0.00"
    assert available(tenant) == f"{100 - 0.8 * sent:.2f}"
    assert len(facts(f"campaign.{again(campaign).status}")) == 1
    assert Campaign.select().count() == 1
    assert_counted(campaign)
    assert_proved()
