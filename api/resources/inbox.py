"""The texts that came in."""

from __future__ import annotations

import msgspec

from api.calls import TenantCall
from api.fields import Instant, Phone, Shape
from api.operations import for_tenant
from api.pages import Page, Paging, page
from api.problems import about
from core.messaging import inbound
from core.messaging.models import Inbound
from core.messaging.replies import Verdict
from core.phone import InvalidNumber


class InboxFilter(Paging, frozen=True, kw_only=True):
    """Which texts to list."""

    sender: Phone | None = msgspec.field(name="from", default=None)
    since: Instant | None = None
    until: Instant | None = None


class InboundShape(Shape, frozen=True, kw_only=True):
    """A text somebody sent to you. `verdict` says what it did: a no to further texts, or a yes.

    `answers` is the text of yours that came before it.
    """

    id: str
    from_: str = msgspec.field(name="from")
    to: str | None
    message: str
    verdict: Verdict | None
    answers: str | None
    received_at: Instant


def shape(row: Inbound) -> InboundShape:
    """Show a text that came in."""
    return InboundShape(
        id=row.id,
        from_=row.msisdn,
        to=row.sent_to or None,
        message=row.body,
        verdict=None if row.verdict is None else Verdict(row.verdict),
        answers=row.answers,
        received_at=row.received_at,
    )


class Inbox:
    """GET /api/{tenant}/sms/inbox"""

    @for_tenant("listInbox", scope="messages:read", refuses=(InvalidNumber,))
    def on_get(self, call: TenantCall, where: InboxFilter) -> Page[InboundShape]:
        """List the texts people sent to you, newest first.

        Who writes STOP, or one of its kind, gets no more promotional texts from you.
        """
        with about("from", InvalidNumber):
            return page(
                call,
                where,
                lambda after, limit: inbound.listing(
                    call.profile,
                    sender=where.sender,
                    since=where.since,
                    until=where.until,
                    after=after,
                    limit=limit,
                ),
                shape,
                key=lambda row: row.id,
            )
