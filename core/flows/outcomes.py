"""What became of texts, in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from core.flows.visits import Visit
from core.messaging.models import Status

DELIVERED = (Status.DELIVERED,)
GOING = (Status.SCHEDULED, Status.QUEUED, Status.SUBMITTING, Status.SUBMITTED)
LOST = (Status.UNDELIVERED, Status.EXPIRED, Status.FAILED, Status.REJECTED)
UNSURE = (Status.UNKNOWN,)
KEPT_BACK = (Status.SUPPRESSED, Status.CANCELLED)


def parts(visit: Visit, counts: Mapping[str, int]) -> list[str]:
    """Say what became of texts, a line each."""

    def sum_of(statuses: tuple[Status, ...]) -> int:
        return sum(counts.get(each.value, 0) for each in statuses)

    told = [
        (sum_of(DELIVERED), visit.say("Delivered: {count}", count=f"{sum_of(DELIVERED):,}")),
        (sum_of(GOING), visit.say("On the way: {count}", count=f"{sum_of(GOING):,}")),
        (sum_of(LOST), visit.say("Not delivered: {count}", count=f"{sum_of(LOST):,}")),
        (sum_of(UNSURE), visit.say("Being checked: {count}", count=f"{sum_of(UNSURE):,}")),
        (sum_of(KEPT_BACK), visit.say("Not sent: {count}", count=f"{sum_of(KEPT_BACK):,}")),
    ]
    return [line for count, line in told if count]
