"""Texts that were to go and must not: out of hours, opted out, unapproved, or simply too much.

What is taken out is counted, and its price given back, at the end of the claim: counts come before
money wherever texts move, so that a claim and an answer never wait for each other in a circle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from core import clock, phone
from core.messaging import counts, guards, reach, rules, suppression
from core.messaging.claimed import Claimed, mark
from core.messaging.models import REHEARSAL_ACCOUNT, Category, Charge, Lane, Status
from core.messaging.settling import Settled, release


@dataclass(slots=True)
class Withheld:
    """What was taken out of one claim: adverts put off, and texts that will never go."""

    late: list[Claimed] = field(default_factory=list)
    out: list[Claimed] = field(default_factory=list)


def within_hours(texts: list[Claimed], withheld: Withheld) -> list[Claimed]:
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
    withheld.late += [text for text in texts if text.id in gone]
    return [text for text in texts if text.id not in gone]


def without_suppressed(tenant_id: int, texts: list[Claimed], withheld: Withheld) -> list[Claimed]:
    """Take out those who opted out, or were blocked or erased since."""
    numbers = [each.msisdn for each in texts]
    out = suppression.among_now(tenant_id, texts[0].category, numbers)
    reasons = {each.id: out[each.msisdn] for each in texts if each.msisdn in out}
    return _without(texts, reasons, withheld)


def within_reach(tenant_id: int, texts: list[Claimed], withheld: Withheld) -> list[Claimed]:
    """Take out what goes under a name that the number's operator, or anybody, does not approve."""
    out = reach.at_hand_over(tenant_id, texts[0].sender, [each.msisdn for each in texts])
    reasons = {each.id: out[each.msisdn] for each in texts if each.msisdn in out}
    return _without(texts, reasons, withheld)


def without_unwanted(
    tenant_id: int, account_id: int, lane: Lane, texts: list[Claimed], withheld: Withheld
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
    return _without(texts, reasons, withheld)


def _without(texts: list[Claimed], reasons: dict[str, str], withheld: Withheld) -> list[Claimed]:
    """Take texts out, each for its reason."""
    if not reasons:
        return texts
    gone = [each for each in texts if each.id in reasons]
    for reason in sorted(set(reasons.values())):
        mark(
            [each.id for each in gone if reasons[each.id] == reason],
            "status = %s, charge = %s, final_at = %s, reason = %s",
            (Status.SUPPRESSED.value, Charge.RELEASED.value, clock.ms(), reason),
        )
    withheld.out += gone
    return [each for each in texts if each.id not in reasons]


def settle(tenant_id: int, account_id: int, going: Iterable[Claimed], withheld: Withheld) -> None:
    """Count where all texts of a claim went, then give back the price of those taken out."""
    ways = (
        (going, Status.SUBMITTING),
        (withheld.late, Status.SCHEDULED),
        (withheld.out, Status.SUPPRESSED),
    )
    counts.move(
        counts.Move(text.batch_id, Status.QUEUED, after, 1, text.segments, text.cost)
        for texts, after in ways
        for text in texts
    )
    if withheld.out:
        first = withheld.out[0].id
        release(
            [Settled(each.batch_id, tenant_id, account_id, each.cost) for each in withheld.out],
            once=f"suppressed:{first}",
            subject=first,
        )
