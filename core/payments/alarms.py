"""Telling the operator that something about the money needs a person."""

from __future__ import annotations

from enum import StrEnum

from core import events


class Cause(StrEnum):
    """What is the matter. Whoever tells people repeats a cause at most once an hour."""

    UNLISTED_ADDRESS = "unlisted_address"
    UNKNOWN_TOKEN = "unknown_token"  # noqa: S105 - the name of a trouble
    OTHER_CHECKOUT = "other_checkout"
    UNREADABLE = "unreadable"
    NEWS_STUCK = "news_stuck"
    RECEIPT_CONFLICT = "receipt_conflict"
    AMOUNT_CONFLICT = "amount_conflict"
    CONTRADICTION = "contradiction"
    PROVIDER = "provider"
    CONFIRMING_LONG = "confirming_long"
    UNKNOWN_LONG = "unknown_long"
    CALLBACKS_MISSING = "callbacks_missing"


def raise_alarm(
    cause: Cause, detail: str, *, tenant_id: int | None = None, **facts: object
) -> None:
    """Record an alarm in the present transaction. `detail` is a sentence for the operator."""
    events.record("payment.alarm", tenant_id, cause=cause.value, detail=detail, **facts)
