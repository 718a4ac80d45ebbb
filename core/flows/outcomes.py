"""What became of texts, in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from core.flows.visits import Visit
from core.messaging.models import Status

DELIVERED = (Status.DELIVERED,)
WAITING = (Status.SCHEDULED, Status.QUEUED)
GOING = (Status.SUBMITTING, Status.SUBMITTED)
LOST = (Status.UNDELIVERED, Status.EXPIRED, Status.FAILED, Status.REJECTED)
UNSURE = (Status.UNKNOWN,)
KEPT_BACK = (Status.SUPPRESSED, Status.CANCELLED)


def parts(visit: Visit, counts: Mapping[str, int]) -> list[str]:
    """Say what became of texts, a line each."""

    def sum_of(statuses: tuple[Status, ...]) -> int:
        return sum(counts.get(each.value, 0) for each in statuses)

    going: tuple[Status, ...] = GOING
    unsure: tuple[Status, ...] = UNSURE
    if visit.is_small and sum_of(WAITING):  # six lines are more than a small screen has room for
        going, unsure = GOING + UNSURE, ()
    told = [
        (sum_of(DELIVERED), visit.say("Delivered: {count}", count=f"{sum_of(DELIVERED):,}")),
        (sum_of(WAITING), visit.say("Waiting: {count}", count=f"{sum_of(WAITING):,}")),
        (sum_of(going), visit.say("On the way: {count}", count=f"{sum_of(going):,}")),
        (sum_of(LOST), visit.say("Not delivered: {count}", count=f"{sum_of(LOST):,}")),
        (sum_of(unsure), visit.say("Being checked: {count}", count=f"{sum_of(unsure):,}")),
        (sum_of(KEPT_BACK), visit.say("Not sent: {count}", count=f"{sum_of(KEPT_BACK):,}")),
    ]
    return [line for count, line in told if count]
