"""Noticing that callbacks no longer reach us, before customers tell us."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import peewee

from core import clock
from core.database import transaction
from core.payments.alarms import Cause, raise_alarm
from core.payments.models import StkPush
from core.queue import job

_WINDOW = timedelta(hours=1)
# A callback comes within a minute or two; one that is out this long is lost.
_GRACE = timedelta(minutes=5)
_FEWEST = 5


@job()
def check_callbacks() -> None:
    """Raise an alarm when most pushes of the last hour had no callback.

    A firewall in front of us, or an expired certificate, keeps Safaricom out without a sound.
    """
    now = clock.now()
    counts: Any = (
        StkPush.select(peewee.fn.COUNT(StkPush.topup_id), peewee.fn.COUNT(StkPush.heard_at))
        .where(
            StkPush.created_at.between(now - _WINDOW, now - _GRACE),
            StkPush.merchant_request_id.is_null(False),
        )
        .tuples()
        .get()
    )
    prompted, heard = counts
    if prompted < _FEWEST or heard * 2 >= prompted:
        return
    with transaction():
        raise_alarm(
            Cause.CALLBACKS_MISSING,
            f"{prompted - heard} of the last hour's {prompted} pushes had no callback. "
            "Check that Safaricom can reach us: firewall, certificate, public_url.",
            prompted=prompted,
            heard=heard,
        )
