"""Sending as a whole: the gateway, what is in doubt, and the big switch."""

from __future__ import annotations

from typing import Literal

from api.calls import AdminCall
from api.fields import Instant, Kes, Reason, Request, Shape
from api.operations import for_admin
from core import clock
from core.messaging import balances, operations
from core.messaging.errors import SubmissionNotFound
from core.messaging.models import GatewayAccount, GatewayBalance, Submission
from core.messaging.operations import Verdict
from core.money import Money


class Pause(Request, frozen=True, kw_only=True):
    """Why all sending stops."""

    reason: Reason


class SendingShape(Shape, frozen=True, kw_only=True):
    """Whether texts go out now."""

    paused: bool
    since: Instant | None
    actor: str | None
    reason: str | None


class SettleRequest(Request, frozen=True, kw_only=True):
    """What you found out: did these texts go?"""

    verdict: Verdict


class SettledShape(Shape, frozen=True, kw_only=True):
    """How many texts that settled."""

    submission: str
    messages: int


class SubmissionShape(Shape, frozen=True, kw_only=True):
    """A request to the gateway whose outcome is in doubt."""

    id: str
    account: int
    tenant: int
    size: int
    state: str
    created_at: Instant
    why: str | None


class Submissions(Shape, frozen=True, kw_only=True):
    """All that is in doubt, oldest first."""

    data: list[SubmissionShape]


class SaidShape(Shape, frozen=True, kw_only=True):
    """What a gateway said we have left, and what our own books spent since it said so before."""

    credits: str
    is_money: bool
    as_of: Instant
    booked: Kes


class GatewayShape(Shape, frozen=True, kw_only=True):
    """One gateway account, how it does, and what it last said it has."""

    account: int
    kind: str
    tenant: int | None
    status: Literal["ok", "paused", "failing"]
    paused_until: Instant | None
    why: str | None
    failures: int
    balance: SaidShape | None


class Gateways(Shape, frozen=True, kw_only=True):
    """Every gateway account."""

    sending: SendingShape
    data: list[GatewayShape]


def _sending() -> SendingShape:
    switch = operations.sending_paused()
    if switch is None:
        return SendingShape(paused=False, since=None, actor=None, reason=None)
    return SendingShape(paused=True, since=switch.since, actor=switch.actor, reason=switch.reason)


def _gateway(row: GatewayAccount) -> GatewayShape:
    said = balances.latest(row.id)
    is_paused = row.paused_until > clock.now()
    return GatewayShape(
        account=row.id,
        kind=row.kind,
        tenant=row.tenant_id,
        status="paused" if is_paused else "failing" if row.failures else "ok",
        paused_until=row.paused_until if is_paused else None,
        why=row.paused_why,
        failures=row.failures,
        balance=None if said is None else _said(said),
    )


def _said(row: GatewayBalance) -> SaidShape:
    return SaidShape(
        credits=row.said,
        is_money=row.is_money,
        as_of=row.created_at,
        booked=Money(row.booked).text(),
    )


def _submission(row: Submission) -> SubmissionShape:
    return SubmissionShape(
        id=row.id,
        account=row.account_id,
        tenant=row.tenant_id,
        size=row.size,
        state=row.state,
        created_at=row.created_at,
        why=row.why,
    )


class Providers:
    """GET /admin/providers"""

    @for_admin("adminGetProviders")
    def on_get(self, call: AdminCall) -> Gateways:
        """How each gateway account does, and what it last said it has left."""
        return Gateways(sending=_sending(), data=[_gateway(row) for row in operations.accounts()])


class Sending:
    """GET /admin/sending"""

    @for_admin("adminGetSending")
    def on_get(self, call: AdminCall) -> SendingShape:
        """Whether texts go out now, and who stopped them."""
        return _sending()


class PauseSending:
    """POST /admin/sending/pause"""

    @for_admin("adminPauseSending")
    def on_post(self, call: AdminCall, asked: Pause) -> SendingShape:
        """Stop handing texts over, for everybody. They wait and lose nothing."""
        operations.pause_sending(asked.reason, actor=call.actor, channel="admin")
        return _sending()


class ResumeSending:
    """POST /admin/sending/resume"""

    @for_admin("adminResumeSending")
    def on_post(self, call: AdminCall) -> SendingShape:
        """Go on where sending stopped."""
        operations.resume_sending(actor=call.actor, channel="admin")
        return _sending()


class Doubts:
    """GET /admin/submissions/unknown"""

    @for_admin("adminListUnknownSubmissions")
    def on_get(self, call: AdminCall) -> Submissions:
        """List gateway requests that may or may not have gone, oldest first, at most 100."""
        return Submissions(data=[_submission(row) for row in operations.in_doubt()])


class SettleDoubt:
    """POST /admin/submissions/{id}/settle"""

    @for_admin("adminSettleSubmission", refuses=(SubmissionNotFound,))
    def on_post(self, call: AdminCall, id: str, asked: SettleRequest) -> SettledShape:
        """Take the price of texts in doubt, or give it back. Nothing is ever sent again."""
        done = operations.settle_doubt(id, asked.verdict, actor=call.actor, channel="admin")
        return SettledShape(submission=done.submission_id, messages=done.messages)
