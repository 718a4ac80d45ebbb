"""Choosing what goes next, and writing down that it is going before it goes.

Lanes first (a one-time code before an advert), then tenants in turn, then the oldest. One request
to the gateway has one sender ID and one encoding, so a claim is the oldest text and those behind it
that fit with it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from core import clock, ids, phone
from core.database import execute, is_postgres, transaction
from core.messaging import rules, slots, suppression
from core.messaging.models import (
    Category,
    Charge,
    Lane,
    Status,
    Submission,
    SubmissionState,
    Switch,
)
from core.messaging.settling import Settled, release
from core.settings import settings
from core.tenants.models import PLATFORM_TENANT, Tenant, TenantStatus

# How far behind the oldest text we look for others that share its sender and encoding.
LOOK_AHEAD = 3


class Claimed(NamedTuple):
    """One text on its way."""

    id: str
    batch_id: str
    sender: str
    is_unicode: bool
    category: str
    msisdn: str
    body: str
    segments: int
    cost: int


@dataclass(frozen=True, slots=True)
class Claim:
    """One request about to be made, already remembered as a submission."""

    submission_id: str
    account_id: int
    tenant_id: int
    sender: str
    is_unicode: bool
    texts: list[Claimed]
    was_full: bool


_NEXT_TENANT = """
    SELECT tenant_id FROM message
    WHERE status = 'queued' AND account_id = %s AND lane = %s AND tenant_id > %s
    ORDER BY tenant_id LIMIT 1
"""
_OLDEST = """
    SELECT id, batch_id, sender, is_unicode, category, msisdn, body, segments, cost FROM message
    WHERE status = 'queued' AND account_id = %s AND lane = %s AND tenant_id = %s
    ORDER BY id LIMIT %s
"""


def claim(account_id: int) -> Claim | None:
    """Claim the next texts of an account, or None when nothing may go now.

    Texts to numbers that have opted out meanwhile are taken out and their price given back.
    """
    with transaction():
        if all_stopped():
            return None
        for lane, turn in zip(Lane, _turns(account_id), strict=True):
            tenant_id = _next_tenant(account_id, lane, turn)
            if tenant_id is None:
                continue
            execute(_TURNED[lane], (tenant_id, account_id))
            return _claim_of(account_id, lane, tenant_id)
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


def has_queued(account_id: int) -> bool:
    """Say whether anything waits for an account."""
    row = execute(
        "SELECT 1 FROM message WHERE status = 'queued' AND account_id = %s LIMIT 1", (account_id,)
    ).fetchone()
    return row is not None


def _next_tenant(account_id: int, lane: Lane, turn: int) -> int | None:
    """Find the tenant whose turn it is, passing over those that may not send now."""
    for start in (turn, -1):
        after = start
        while row := execute(_NEXT_TENANT, (account_id, lane.value, after)).fetchone():
            after = int(row[0])
            if start == -1 and after > turn >= 0:
                return None  # once around
            if _may_send(after):
                return after
    return None


def _may_send(tenant_id: int) -> bool:
    if tenant_id == PLATFORM_TENANT:
        return True
    tenant = Tenant.get_or_none(Tenant.id == tenant_id)
    return tenant is not None and tenant.status in (
        TenantStatus.ACTIVE.value,
        TenantStatus.PENDING.value,  # only the texts of its test key can be in the queue
    )


def _claim_of(account_id: int, lane: Lane, tenant_id: int) -> Claim | None:
    size = settings().onfon.batch_size
    statement = _OLDEST + (" FOR UPDATE SKIP LOCKED" if is_postgres() else "")
    found = execute(statement, (account_id, lane.value, tenant_id, size * LOOK_AHEAD)).fetchall()
    waiting = [Claimed(*row) for row in found]
    if not waiting:
        return None
    first = waiting[0]
    if lane is Lane.BULK:
        waiting = _within_hours(waiting)
        first = waiting[0] if waiting else first
    alike = [
        each
        for each in waiting
        if (each.sender, each.is_unicode, each.category)
        == (first.sender, first.is_unicode, first.category)
    ][:size]
    going = _without_suppressed(tenant_id, account_id, alike) if alike else []
    submission_id = ids.new("sub")
    if going:
        _write_down(submission_id, account_id, tenant_id, going)
    return Claim(
        submission_id,
        account_id,
        tenant_id,
        first.sender,
        bool(first.is_unicode),
        going,
        len(alike) == size,
    )


def _within_hours(texts: list[Claimed]) -> list[Claimed]:
    """Take out adverts whose hours are over, and schedule them for when they begin again.

    They were queued in time, but then there were many, or sending or the tenant was stopped.
    """
    now = clock.now()
    late: dict[int, list[str]] = defaultdict(list)
    for text in texts:
        opens = rules.goes_at(Category.PROMOTIONAL, phone.operator(text.msisdn), now)
        if opens > now:
            late[clock.to_ms(opens)].append(text.id)
    for due_at, waiting in late.items():
        _mark(waiting, "status = %s, due_at = %s", (Status.SCHEDULED.value, due_at))
    gone = {each for waiting in late.values() for each in waiting}
    return [text for text in texts if text.id not in gone]


def _without_suppressed(tenant_id: int, account_id: int, texts: list[Claimed]) -> list[Claimed]:
    """Take out those who opted out since, and give their price back."""
    numbers = [each.msisdn for each in texts]
    out = suppression.among_now(tenant_id, texts[0].category, numbers)
    if not out:
        return texts
    gone = [each for each in texts if each.msisdn in out]
    _mark(
        [each.id for each in gone],
        "status = %s, charge = %s, final_at = %s, reason = %s",
        (Status.SUPPRESSED.value, Charge.RELEASED.value, clock.ms(), "opted_out"),
    )
    release(
        [Settled(each.batch_id, tenant_id, account_id, each.cost) for each in gone],
        once=f"suppressed:{gone[0].id}",
        subject=gone[0].id,
    )
    return [each for each in texts if each.msisdn not in out]


def _write_down(submission_id: str, account_id: int, tenant_id: int, texts: list[Claimed]) -> None:
    now = clock.ms()
    Submission.insert(
        id=submission_id,
        account_id=account_id,
        tenant_id=tenant_id,
        size=len(texts),
        state=SubmissionState.POSTING.value,
        lease_until=now + slots.lease_ms(),
        created_at=now,
    ).execute()
    _mark(
        [each.id for each in texts],
        "status = %s, submission_id = %s",
        (Status.SUBMITTING.value, submission_id),
    )


def _mark(ids_: list[str], changes: str, params: tuple[object, ...]) -> None:
    """Change claimed rows, which are locked and queued."""
    if is_postgres():
        execute(f"UPDATE message SET {changes} WHERE id = ANY(%s)", (*params, ids_))  # noqa: S608
        return
    marks = ", ".join(["%s"] * len(ids_))
    execute(f"UPDATE message SET {changes} WHERE id IN ({marks})", (*params, *ids_))  # noqa: S608
