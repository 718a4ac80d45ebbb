"""Choosing what goes next, and writing down that it is going before it goes.

Lanes first (a one-time code before adverts and campaigns), then tenants in turn, then the oldest
whose gate is open. One request to the gateway has one sender ID and one encoding, so a claim is the
oldest text and those behind it that fit with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core import clock, ids
from core.database import execute, is_postgres, transaction
from core.messaging import claimed, gates, slots, withholding
from core.messaging.claimed import Claimed
from core.messaging.models import Lane, Status, Submission, SubmissionState, Switch
from core.messaging.naming import message_range
from core.settings import settings
from core.tenants.models import PLATFORM_TENANT, Tenant, TenantStatus

# How far behind the oldest text we look for others that share its sender and encoding.
LOOK_AHEAD = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """One request about to be made, already remembered as a submission.

    After `post_by_ms` it must not be made: others may think by then that we are dead.
    """

    submission_id: str
    account_id: int
    tenant_id: int
    sender: str
    is_unicode: bool
    texts: list[Claimed]
    was_full: bool
    post_by_ms: int


_NEXT_TENANT = """
    SELECT tenant_id FROM message
    WHERE status = 'queued' AND account_id = %s AND lane = %s AND tenant_id > %s
    ORDER BY tenant_id LIMIT 1
"""
_OLDEST = """
    SELECT id, batch_id, sender, is_unicode, category, msisdn, body, segments, cost FROM message
    WHERE status = 'queued' AND account_id = %s AND lane = %s AND tenant_id = %s AND id > %s
    ORDER BY id LIMIT %s
"""


def claim(account_id: int) -> Claim | None:
    """Claim the next texts of an account, or None when nothing may go now.

    Texts that must not go any more, to numbers that have opted out meanwhile or under a name that
    is not approved there, are taken out and their price given back.
    """
    with transaction():
        if all_stopped():
            return None
        for lane, turn in zip(Lane, _turns(account_id), strict=True):
            for tenant_id in _in_turn(account_id, lane, turn):
                found = _claim_of(account_id, lane, tenant_id)
                if found is not None:
                    execute(_TURNED[lane], (tenant_id, account_id))
                    return found
    return None


_TURNS = "SELECT turn, advert_turn FROM gateway_account WHERE id = %s"
_TURNED = {
    Lane.TRANSACTIONAL: "UPDATE gateway_account SET turn = %s WHERE id = %s",
    Lane.BULK: "UPDATE gateway_account SET advert_turn = %s WHERE id = %s",
}


def _turns(account_id: int) -> tuple[int, int]:
    """Read, and lock, whom the account served last in each lane.

    Without the lock two claims would choose one tenant, and the second find it served already and
    think that nothing may go.
    """
    statement = _TURNS + (" FOR UPDATE" if is_postgres() else "")
    row = execute(statement, (account_id,)).fetchone()
    return row[0], row[1]


def all_stopped() -> bool:
    """Say whether the operator has stopped all sending."""
    return Switch.get_or_none(Switch.name == "sending") is not None


# In the order of the index: PostgreSQL would else go through the table from its beginning, where
# all texts have long gone, in the hope of soon meeting one that waits.
_QUEUED = """
    SELECT 1 FROM message WHERE status = 'queued' AND account_id = %s
    ORDER BY lane, tenant_id, id LIMIT 1
"""


def has_queued(account_id: int) -> bool:
    """Say whether anything waits for an account."""
    return execute(_QUEUED, (account_id,)).fetchone() is not None


def _in_turn(account_id: int, lane: Lane, turn: int) -> Iterator[int]:
    """Go round the tenants that wait and may send, from the one after whoever was served last."""
    for start, end in ((turn, None), (-1, turn)):
        after = start
        while row := execute(_NEXT_TENANT, (account_id, lane.value, after)).fetchone():
            after = int(row[0])
            if end is not None and after > end:
                break  # once around
            if _may_send(after):
                yield after


def _may_send(tenant_id: int) -> bool:
    if tenant_id == PLATFORM_TENANT:
        return True
    tenant = Tenant.get_or_none(Tenant.id == tenant_id)
    return tenant is not None and tenant.status in (
        TenantStatus.ACTIVE.value,
        TenantStatus.PENDING.value,  # only the texts of its test key can be in the queue
    )


def _claim_of(account_id: int, lane: Lane, tenant_id: int) -> Claim | None:
    """Claim a tenant's next texts; None when there are none whose gate is open."""
    size = settings().onfon.batch_size
    waiting = _oldest(account_id, lane, tenant_id, size)
    # Mostly a whole request is there at once; only where it is not, further back is worth a look.
    if len(waiting) == size and len(_alike(waiting, waiting[0])) < size:
        waiting = _oldest(account_id, lane, tenant_id, size * LOOK_AHEAD)
    if not waiting:
        return None
    first = waiting[0]
    withheld = withholding.Withheld()
    if lane is Lane.BULK:
        waiting = withholding.within_hours(waiting, withheld)
        first = waiting[0] if waiting else first
    alike = _alike(waiting, first)[:size]
    going = withholding.without_suppressed(tenant_id, alike, withheld) if alike else []
    if going:
        going = withholding.within_reach(tenant_id, going, withheld)
    if going:
        going = withholding.without_unwanted(tenant_id, account_id, lane, going, withheld)
    submission_id = ids.new("sub")
    now = clock.ms()
    if going:
        _write_down(submission_id, account_id, tenant_id, going, now)
    withholding.settle(tenant_id, account_id, going, withheld)
    return Claim(
        submission_id,
        account_id,
        tenant_id,
        first.sender,
        bool(first.is_unicode),
        going,
        len(alike) == size,
        now + slots.LEASE_MARGIN_S * 1000,
    )


def _alike(texts: list[Claimed], first: Claimed) -> list[Claimed]:
    """Find the texts that may go in one request with the first."""
    kind = (first.sender, first.is_unicode, first.category)
    return [each for each in texts if (each.sender, each.is_unicode, each.category) == kind]


def _oldest(account_id: int, lane: Lane, tenant_id: int, most: int) -> list[Claimed]:
    """Read, and lock, the oldest texts whose gates are open.

    A closed batch is passed over whole, however many texts it has: its ids are one range.
    """
    closed = gates.closed(tenant_id) if lane is Lane.BULK else frozenset()
    statement = _OLDEST + (" FOR UPDATE SKIP LOCKED" if is_postgres() else "")
    waiting: list[Claimed] = []
    after = ""
    while len(waiting) < most:
        rows = execute(statement, (account_id, lane.value, tenant_id, after, most)).fetchall()
        found = [Claimed(*row) for row in rows]
        waiting += [text for text in found if text.batch_id not in closed]
        if len(found) < most:
            break
        last = found[-1]
        after = message_range(last.batch_id)[1] if last.batch_id in closed else last.id
    return waiting


def _write_down(
    submission_id: str, account_id: int, tenant_id: int, texts: list[Claimed], now: int
) -> None:
    Submission.insert(
        id=submission_id,
        account_id=account_id,
        tenant_id=tenant_id,
        size=len(texts),
        state=SubmissionState.POSTING.value,
        lease_until=now + slots.lease_ms(),
        created_at=now,
    ).execute()
    claimed.mark(
        [each.id for each in texts],
        "status = %s, submission_id = %s",
        (Status.SUBMITTING.value, submission_id),
    )
