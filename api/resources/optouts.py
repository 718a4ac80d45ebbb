"""Numbers that want no more texts from you."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from api.calls import TenantCall
from api.fields import Instant, Phone, Query, Request, Shape
from api.operations import for_tenant
from api.pages import Page, Paging, page
from api.problems import Fault, about
from core.contacts import consents
from core.contacts.models import Suppression
from core.messaging import optouts
from core.messaging.models import Category
from core.messaging.optouts import OperatorBlocks, OptedOutThemselves, OptOutNotFound
from core.phone import InvalidNumber
from core.tenants import fields

READ, WRITE = "contacts:read", "contacts:write"

Class = Annotated[
    Literal["promotional", "transactional", "all"],
    msgspec.Meta(description="Adverts, notices, or both."),
]


class OptOutRequest(Request, frozen=True, kw_only=True):
    """Numbers that want no more texts of a class, and where that is known from."""

    phones: Annotated[list[Phone], msgspec.Meta(min_length=1, max_length=1000)]
    class_: Class = msgspec.field(name="class", default="promotional")
    source: Annotated[
        str,
        msgspec.Meta(max_length=optouts.SOURCE_MAX, description="Such as a call or a letter."),
    ] = "api"


class OptOutFilter(Paging, frozen=True, kw_only=True):
    """Which opt-outs to list."""

    phone: Phone | None = None
    class_: Category | None = msgspec.field(name="class", default=None)


class OptOutQuery(Query, frozen=True, kw_only=True):
    """Which of a number's opt-outs to take back, all when left out; and who says so."""

    class_: Class = msgspec.field(name="class", default="all")
    consent_source: Annotated[
        str,
        msgspec.Meta(
            max_length=consents.SOURCE_MAX,
            description="Where they have asked for texts again, such as a form or a call.",
        ),
    ] = ""
    consent_wording: Annotated[
        str,
        msgspec.Meta(max_length=consents.WORDING_MAX, description="In which words they asked."),
    ] = ""


class OptOutShape(Shape, frozen=True, kw_only=True):
    """A number and the class it wants no more texts of; an erased person's is a pseudonym.

    The class `everything` is of numbers you have blocked yourself. `source` says where it is known
    from, such as a reply, the operator, or what you said.
    """

    phone: str
    class_: str = msgspec.field(name="class")
    source: str
    created_at: Instant


class OptOutsAdded(Shape, frozen=True, kw_only=True):
    """How many opt-outs are new, how many stood already, and which numbers were not understood."""

    added: int
    already: int
    errors: list[Fault]


def shape(row: Suppression) -> OptOutShape:
    """Show an opt-out."""
    return OptOutShape(
        phone=row.msisdn, class_=row.category, source=row.source, created_at=row.created_at
    )


def _classes(given: str) -> tuple[str, ...]:
    return optouts.ALL if given == "all" else (given,)


class OptOuts:
    """GET and POST /api/{tenant}/optouts"""

    @for_tenant("listOptOuts", scope=READ, refuses=(InvalidNumber,))
    def on_get(self, call: TenantCall, where: OptOutFilter) -> Page[OptOutShape]:
        """List opt-outs, newest first. They are shared by your live and your test keys."""
        with about("phone", InvalidNumber):
            return page(
                call,
                where,
                lambda after, limit: optouts.listing(
                    call.tenant_id,
                    category=where.class_ and where.class_.value,
                    number=where.phone,
                    after=after,
                    limit=limit,
                ),
                shape,
                key=optouts.place,
            )

    @for_tenant(
        "addOptOuts",
        scope=WRITE,
        refuses=(fields.FieldMissing, fields.FieldTooLong, fields.FieldUnprintable),
        while_suspended=True,
    )
    def on_post(self, call: TenantCall, asked: OptOutRequest) -> OptOutsAdded:
        """Send numbers no more texts of a class, whoever they are. Repeating is harmless."""
        done = optouts.add(
            call.tenant_id,
            asked.phones,
            _classes(asked.class_),
            source=asked.source,
            actor=call.actor,
            channel="api",
        )
        language = call.profile.language
        return OptOutsAdded(
            added=done.added,
            already=done.already,
            errors=[
                Fault("phones", each.refusal.code, each.refusal.words(language), each.given)
                for each in done.wrong
            ],
        )


class OneOptOut:
    """DELETE /api/{tenant}/optouts/{phone}"""

    @for_tenant(
        "removeOptOut",
        scope=WRITE,
        refuses=(
            OptOutNotFound,
            InvalidNumber,
            OptedOutThemselves,
            OperatorBlocks,
            fields.FieldMissing,
            fields.FieldTooLong,
            fields.FieldUnprintable,
        ),
    )
    def on_delete(self, call: TenantCall, phone: str, where: OptOutQuery) -> None:
        """Take a number's opt-outs back, when its owner has asked you for texts again.

        Write the phone as 254712345678 or as it is listed. What you have noted yourself goes
        freely. Whoever said STOP has to have asked for texts again: give `consent_source` and
        `consent_wording`, which are kept as the proof. What the network blocks stays; its owner
        has to allow it there. What you have blocked yourself you unblock under contacts.
        """
        given = where.consent_source.strip(), where.consent_wording.strip()
        with about("phone", InvalidNumber):
            optouts.remove(
                call.tenant_id,
                phone,
                _classes(where.class_),
                consent=consents.Given(*given) if all(given) else None,
                actor=call.actor,
                channel="api",
            )
