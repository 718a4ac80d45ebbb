"""Taking a text back while it has not left."""

from __future__ import annotations

from core import clock
from core.database import execute, transaction
from core.messaging import counts
from core.messaging.errors import TooLateToCancel
from core.messaging.models import Message, Status
from core.messaging.queries import one
from core.messaging.settling import Settled, release
from core.tenants import audit
from core.tenants.profiles import Profile

_CANCEL = """
    UPDATE message SET status = 'cancelled', charge = 'released', final_at = %s
    WHERE id = %s AND tenant_id = %s AND status = %s
    RETURNING batch_id, account_id, segments, cost
"""


def cancel(profile: Profile, message_id: str, *, actor: str, channel: str = "api") -> Message:
    """Cancel a scheduled or queued text; its price is the tenant's again.

    Raises: MessageNotFound, TooLateToCancel.
    """
    message = one(profile, message_id)
    with transaction():
        for status in (Status.SCHEDULED, Status.QUEUED):  # it may be queued while we look
            asked = (clock.ms(), message.id, profile.tenant_id, status.value)
            if row := execute(_CANCEL, asked).fetchone():
                break
        else:
            raise TooLateToCancel(status=one(profile, message_id).status)
        batch_id, account_id, segments, cost = row
        counts.move([counts.Move(batch_id, status, Status.CANCELLED, 1, segments, cost)])
        release(
            [Settled(batch_id, profile.tenant_id, account_id, cost)],
            once=f"cancel:{message.id}",
            subject=message.id,
            actor=actor,
        )
        audit.record(profile.tenant_id, actor, channel, "message.cancel", subject=message.id)
    return one(profile, message_id)
