"""Customers of Onfon: their keys, approved sender IDs, credits and lists."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec

# What handsets answer to, unless the operator has leased one.
SHORTCODE = "20880"
OPENING_CREDITS = Decimal(1_000_000)


class Account(msgspec.Struct):
    """One customer. The platform is one; tenants may bring their own."""

    client_id: str
    api_key: str
    access_key: str
    sender_ids: set[str]
    callback_url: str
    shortcode: str = SHORTCODE
    credits: Decimal = OPENING_CREDITS
    groups: dict[int, dict[str, Any]] = {}
    templates: dict[int, dict[str, Any]] = {}
    next_id: int = 1

    def shown(self) -> dict[str, object]:
        """Without the keys."""
        return {
            "client_id": self.client_id,
            "sender_ids": sorted(self.sender_ids),
            "credits": plain(self.credits),
        }


class Accounts:
    """All customers, found by ClientId."""

    def __init__(self, platform: Account) -> None:
        self.lock = threading.RLock()
        self.platform = platform
        self._accounts = {platform.client_id: platform}

    def find(self, client_id: str) -> Account | None:
        """The customer of this name."""
        return self._accounts.get(client_id)

    def put(self, account: Account) -> None:
        """Take on a customer."""
        with self.lock:
            self._accounts[account.client_id] = account

    def every(self) -> Iterable[Account]:
        """All of them."""
        return list(self._accounts.values())


def plain(credits: Decimal) -> int | float:
    """As a JSON number."""
    return int(credits) if credits == credits.to_integral_value() else float(credits)
