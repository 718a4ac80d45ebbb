"""Many contacts at once, and campaigns to them."""

from __future__ import annotations

import time

from bench.place import Customer, wait_until
from core import ids
from core.campaigns import campaigns, cancelling, launching
from core.campaigns.audience import Audience
from core.campaigns.campaigns import Wanted
from core.campaigns.models import Campaign
from core.database import execute
from tests import people

WORDS = "Habari {{{{name|mteja}}}}, bei mpya za wiki hii zipo tayari. Karibu Salon Zuri. {mark}"
START_S = 600.0


def contacts(tenant_id: int, count: int) -> str:
    """Give a tenant so many contacts in one group, whose id is returned; no two share a number."""
    return people.make(tenant_id, count, first=10_000_000 + tenant_id * 1_000_000)


def launch(customer: Customer, group_id: str, mark: str) -> str:
    """Have a campaign to a group started, and return its id; a worker does the rest."""
    wanted = Wanted(
        name=mark, audience=Audience(groups=[group_id]), message=WORDS.format(mark=mark)
    )
    made = campaigns.create(customer.profile, wanted, actor="bench", channel="api")
    launching.launch(
        customer.profile, made.id, once=made.id, actor="bench", channel="api", needs_approval=False
    )
    return str(made.id)


def until_filled(campaign_id: str) -> None:
    """Wait until all texts of a campaign are rows."""
    wait_until(lambda: Campaign.get_by_id(campaign_id).is_filled, START_S)


class Running:
    """A campaign that is prepared and sent while one looks, and is taken back afterwards."""

    def __init__(self, customer: Customer, group_id: str) -> None:
        self._customer, self._group_id = customer, group_id
        self._campaign_id = ""
        self._began = 0.0
        self.rate = 0.0  # texts made rows in a second, the pricing before them left in

    def __enter__(self) -> Running:
        self._began = time.monotonic()
        self._campaign_id = launch(self._customer, self._group_id, ids.new("mrk"))
        return self

    def __exit__(self, *_: object) -> None:
        statement = "SELECT COALESCE(SUM(messages), 0) FROM batch_count WHERE batch_id = %s"
        texts = int(execute(statement, (self._campaign_id,)).fetchone()[0])
        self.rate = texts / (time.monotonic() - self._began)
        cancelling.cancel(self._customer.profile, self._campaign_id, actor="bench", channel="api")
        _until_over(self._campaign_id)


def _until_over(campaign_id: str) -> None:
    over = ("cancelled", "completed")
    wait_until(lambda: Campaign.get_by_id(campaign_id).status in over, START_S)
