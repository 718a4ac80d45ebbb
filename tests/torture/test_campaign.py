"""Workers killed throughout a campaign of fifty thousand texts lose none and send none twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from core import database
from core.campaigns.models import Campaign
from core.database import execute
from core.ledger.models import Hold
from core.messaging import counts
from core.messaging.models import Message, Report
from core.money import Money
from tests import people
from tests.stack import Business, Stack, wait_until
from tests.torture.reaper import Reaper
from tests.torture.test_kills import assert_proved, received

PEOPLE = 50_000
WORKERS = ("worker0", "worker1", "worker2")
THREADS, BATCH = 6, 100


@pytest.fixture
def business(stack: Stack) -> Iterator[Business]:
    """A business with money and many contacts; what it does can be looked at in the database."""
    stack.start_all(workers=len(WORKERS))
    # A report on every text is a request each; of one in ten they show as much.
    stack.faults(onfon={"dlr_delay": 0.5, "dlr_none": 0.9, "dlr_retries": 50, "batch_limit": 0})
    made = stack.sign_up("0722000001")
    made.credit("50000")
    database.open_database(stack.environment["TUMA_DATABASE__URL"])
    yield made
    database.close_all()


def seen(sql: str, campaign_id: str) -> int:
    return int(execute(sql, (campaign_id,)).fetchone()[0])


def spooled(campaign_id: str) -> int:
    return seen("SELECT COALESCE(SUM(messages), 0) FROM spool WHERE batch_id = %s", campaign_id)


def waiting(campaign_id: str) -> int:
    return counts.of(campaign_id).get("queued", counts.Count(0, 0, 0)).messages


def stored(campaign_id: str) -> int:
    return seen("SELECT COUNT(*) FROM message WHERE batch_id = %s", campaign_id)


def reports_are_folded() -> bool:
    """Whether some reports have come, and none waits."""
    waits = Report.select().where(Report.state == "new").exists()
    return not waits and Message.select().where(Message.status == "delivered").exists()


def assert_each_number_at_most_once(stack: Stack, campaign_id: str, dead: int) -> None:
    """No number got two texts; whoever got none, their text is known to be in doubt.

    Each of the dead leaves at most what its threads had in hand.
    """
    sent = received(stack)
    rows = dict(
        execute("SELECT msisdn, status FROM message WHERE batch_id = %s", (campaign_id,)).fetchall()
    )
    assert len(rows) == stored(campaign_id) == PEOPLE
    assert [number for number in rows if sent[number] > 1] == []
    assert {status for number, status in rows.items() if not sent[number]} <= {"unknown"}
    assert Counter(rows.values())["unknown"] <= dead * THREADS * BATCH


def assert_counters_are_the_rows(business: Business, campaign_id: str) -> None:
    """What the business reads is what a count of its texts gives."""
    rows = "SELECT status, COUNT(*) FROM message WHERE batch_id = %s GROUP BY status"
    shown = business.call("GET", f"/campaigns/{campaign_id}").json()
    assert shown["counters"] == dict(execute(rows, (campaign_id,)).fetchall())
    assert sum(shown["counters"].values()) == shown["recipients"] == PEOPLE


def assert_money_is_exact(business: Business, campaign_id: str) -> None:
    """What was held is taken, but for the texts in doubt, whose price stays set aside."""
    shown = business.call("GET", f"/campaigns/{campaign_id}").json()
    hold, doubtful = Hold.get_by_id(campaign_id), shown["counters"].get("unknown", 0)
    price = Money.parse("0.80")
    assert Money(hold.amount) == price * PEOPLE
    assert Money(hold.taken) == price * (PEOPLE - doubtful)
    assert Money.parse(shown["held"]) == price * doubtful
    assert Money.parse(business.balance()) == Money.parse("50000") - price * PEOPLE


# A dead worker's connections to the gateway stay taken until its lease runs out: have plenty.
SETTINGS = {
    "TUMA_ONFON__CONNECTIONS": "40",
    "TUMA_ONFON__BATCH_SIZE": str(BATCH),
    "TUMA_ONFON__RATE_PER_SECOND": "30",
}


@pytest.mark.timeout(900)
def test_workers_killed_throughout_a_campaign(stack: Stack, business: Business) -> None:
    """At each stage all workers die at once, and while texts go one dies every other second."""
    group = people.make(business.id, PEOPLE)
    body = {"name": "Sale", "message": "Habari {{name}}, karibu.", "groups": [group]}
    made = business.call("POST", "/campaigns", body)
    assert made.status_code == 202, made.text
    campaign_id = made.json()["id"]

    def where() -> list[str]:
        row = Campaign.get_by_id(campaign_id)
        if row.started_at is None:
            return ["counted"]
        # On a quick machine all that is stored goes while the rest is still being stored.
        stages = [] if row.is_filled else ["filled"]
        return [*stages, "handed over"] if waiting(campaign_id) else stages

    reaper = Reaper(stack, WORKERS, where, seed=50)
    wait_until(lambda: spooled(campaign_id) > 0, 60, every=0.002)
    reaper.strike_all()
    wait_until(lambda: stored(campaign_id) > 2000, 60, every=0.002)
    reaper.strike_all()
    wait_until(lambda: Campaign.get_by_id(campaign_id).is_filled, 120)
    reaper.roam(lambda: not waiting(campaign_id), 300)
    # What the last of the dead had in hand is given up with its lease.
    wait_until(lambda: Campaign.get_by_id(campaign_id).status == "completed", 120, every=0.5)

    assert set(reaper.deaths) == {"counted", "filled", "handed over"}
    wait_until(reports_are_folded, 120, every=0.5)
    assert_each_number_at_most_once(stack, campaign_id, reaper.struck)
    assert_counters_are_the_rows(business, campaign_id)
    assert_money_is_exact(business, campaign_id)
    assert_proved(stack)


test_workers_killed_throughout_a_campaign.settings = SETTINGS  # type: ignore[attr-defined]
