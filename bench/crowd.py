"""Many contacts at once, and campaigns to them."""

from __future__ import annotations

import threading
import time

from bench.place import Customer, count, wait_until
from core import ids
from core.campaigns import campaigns, cancelling, launching
from core.campaigns.audience import Audience
from core.campaigns.campaigns import Wanted
from core.campaigns.models import Campaign
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


class Preparations:
    """Campaign after campaign prepared and taken back, until told to stop."""

    def __init__(self, customer: Customer, group_id: str) -> None:
        self._customer, self._group_id = customer, group_id
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self.texts = 0
        self.began = 0.0
        self.ended = 0.0

    def __enter__(self) -> Preparations:
        self.began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._stop.is_set():
            campaign_id = launch(self._customer, self._group_id, ids.new("mrk"))
            until_filled(campaign_id)
            self.ended = time.monotonic()
            self.texts += count("message", f"batch_id = '{campaign_id}'")
            cancelling.cancel(self._customer.profile, campaign_id, actor="bench", channel="api")
            _until_over(campaign_id)

    @property
    def rate(self) -> float:
        """Texts prepared a second, the taking back between them left in."""
        return self.texts / max(0.001, self.ended - self.began)


def _until_over(campaign_id: str) -> None:
    over = ("cancelled", "completed")
    wait_until(lambda: Campaign.get_by_id(campaign_id).status in over, START_S)
