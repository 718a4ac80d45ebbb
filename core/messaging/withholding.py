"""Texts that were to go and must not: out of hours, opted out since, or too much for somebody."""

from __future__ import annotations

from collections import defaultdict

from core import clock, phone
from core.messaging import guards, rules, suppression
from core.messaging.claimed import Claimed, count, mark
from core.messaging.models import REHEARSAL_ACCOUNT, Category, Charge, Lane, Status
from core.messaging.settling import Settled, release


def within_hours(texts: list[Claimed]) -> list[Claimed]:
    """Take out adverts whose hours are over, and schedule them for when they begin again.

    They were queued in time, but then there were many, or sending or the tenant was stopped.
    """
    now = clock.now()
    late: dict[int, list[str]] = defaultdict(list)
    for text in texts:
        if text.category != Category.PROMOTIONAL:
            continue
        opens = rules.goes_at(Category.PROMOTIONAL, phone.operator(text.msisdn), now)
        if opens > now:
            late[clock.to_ms(opens)].append(text.id)
    for due_at, waiting in late.items():
        mark(waiting, "status = %s, due_at = %s", (Status.SCHEDULED.value, due_at))
    gone = {each for waiting in late.values() for each in waiting}
    count((text for text in texts if text.id in gone), Status.SCHEDULED)
    return [text for text in texts if text.id not in gone]


def without_suppressed(tenant_id: int, account_id: int, texts: list[Claimed]) -> list[Claimed]:
    """Take out those who opted out, or were blocked or erased since; their price is given back."""
    numbers = [each.msisdn for each in texts]
    out = suppression.among_now(tenant_id, texts[0].category, numbers)
    reasons = {each.id: out[each.msisdn] for each in texts if each.msisdn in out}
    return _without(tenant_id, account_id, texts, reasons)


def without_unwanted(
    tenant_id: int, account_id: int, lane: Lane, texts: list[Claimed]
) -> list[Claimed]:
    """Take out what would be too much for somebody, or the same words again."""
    found = guards.at_hand_over(
        tenant_id,
        Category(texts[0].category),
        [guards.Ready(each.id, each.msisdn, each.body) for each in texts],
        is_bulk=lane is Lane.BULK,
        is_test=account_id == REHEARSAL_ACCOUNT,
    )
    reasons = {each: reason.value for each, reason in found.items()}
    return _without(tenant_id, account_id, texts, reasons)


def _without(
    tenant_id: int, account_id: int, texts: list[Claimed], reasons: dict[str, str]
) -> list[Claimed]:
    """Take texts out, each for its reason, and give their price back."""
    if not reasons:
        return texts
    gone = [each for each in texts if each.id in reasons]
    for reason in sorted(set(reasons.values())):
        mark(
            [each.id for each in gone if reasons[each.id] == reason],
            "status = %s, charge = %s, final_at = %s, reason = %s",
            (Status.SUPPRESSED.value, Charge.RELEASED.value, clock.ms(), reason),
        )
    count(gone, Status.SUPPRESSED)
    release(
        [Settled(each.batch_id, tenant_id, account_id, each.cost) for each in gone],
        once=f"suppressed:{gone[0].id}",
        subject=gone[0].id,
    )
    return [each for each in texts if each.id not in reasons]
