"""Sending texts, and knowing beforehand what that costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

import msgspec

from api.calls import TenantCall
from api.fields import (
    CURRENCY,
    Instant,
    Kes,
    Phone,
    Reference,
    Request,
    SenderId,
    Shape,
    Words,
    utc,
)
from api.operations import for_tenant
from api.problems import Refusals
from api.refusals import MissingField
from api.resources.estimates import (
    DeclinedText,
    EstimateAnswer,
    OffendingCharacter,
    Rewriting,
    SegmentSpan,
    shown,
)
from api.resources.wanting import (
    Chosen,
    Contacts,
    Groups,
    Params,
    TemplateRef,
    numbers,
    params,
)
from core.campaigns import audience, measuring, personal, placeholders, templates, wording
from core.campaigns.campaigns import Wanted
from core.campaigns.errors import WordsOrTemplate
from core.contacts.contacts import ContactNotFound
from core.contacts.groups import GroupNotFound
from core.errors import Invalid
from core.ledger.errors import DailyCapReached, NotEnough
from core.messaging import errors, preparing, reasons, sending
from core.messaging.models import Category
from core.messaging.sending import Order, Text
from core.tenants.profiles import Profile
from core.text import InvalidText

RECIPIENTS_MAX = 1000

SEND = "messages:send"
REFUSES = (
    errors.NoRecipients,
    errors.TooManyRecipients,
    errors.EmptyText,
    errors.TextTooLong,
    InvalidText,
    errors.SenderNotApproved,
    errors.SenderWrongClass,
    errors.SenderNotAtOperator,
    errors.ScheduleInPast,
    errors.ScheduleTooFar,
)
OF_PLACES = (placeholders.PlaceholderWrong, placeholders.ValueMissing)
OF_TEMPLATES = (WordsOrTemplate, templates.TemplateNotFound, *OF_PLACES)
OF_AUDIENCES = (
    GroupNotFound,
    ContactNotFound,
    audience.NobodyChosen,
    audience.TooManyNumbers,
    measuring.TooManyToMeasure,
)
REFUSES_TO_SEND = (*REFUSES, NotEnough, DailyCapReached)

Numbers = Annotated[list[Phone], msgspec.Meta(min_length=1, max_length=RECIPIENTS_MAX)]


class DuplicateRecipient(Invalid):
    """In `errors` of a send: the same number written again, in this way or another."""

    code = "duplicate"
    title = "Number given more than once"
    sentence = preparing.DUPLICATE


class OptedOut(Invalid):
    """In `errors` of a send: a number that wants no texts of this class from you."""

    code = "opted_out"
    title = "Number has opted out"
    sentence = reasons.WORDS[reasons.OPTED_OUT]


class Common(Request, frozen=True, kw_only=True):
    """What single and bulk sends share."""

    sender_id: SenderId | None = None
    class_: Category = msgspec.field(name="class", default=Category.TRANSACTIONAL)
    schedule_at: Instant | None = None
    rewrite: Literal["never", "gsm7"] = "never"


class Worded(Common, frozen=True, kw_only=True):
    """The same words for all, or a template with each one's own values in its places."""

    message: Words | None = None
    template: TemplateRef | None = None
    params: Params | None = None
    reference: Reference | None = None

    def order(self, profile: Profile, to: list[str]) -> Order:
        """What the act is asked to do.

        Raises: Refusals, WordsOrTemplate, TemplateNotFound, PlaceholderWrong, ValueMissing.
        """
        self.check_words()
        values = params(self.params)
        texts: Sequence[Text]
        if self.template is None:
            plain = [Text(number, self.message or "", self.reference) for number in to]
            texts = personal.filled(profile, plain, params=values)
        else:
            texts = personal.texts(
                profile, self.template, to, params=values, reference=self.reference
            )
        return Order(texts, self.sender_id, self.class_, self.schedule_at, self.rewrite == "gsm7")

    def words(self, tenant_id: int) -> str:
        """The words with their places still to be filled in. Raises: TemplateNotFound."""
        if self.template is not None:
            return templates.find(tenant_id, self.template).message
        return self.message or ""

    def check_words(self) -> None:
        """Refuse words that were not given, or twice. Raises: Refusals, WordsOrTemplate."""
        if self.message is None and self.template is None:
            raise Refusals([("message", MissingField(given="message"))])
        if self.message is not None and self.template is not None:
            raise WordsOrTemplate


class SendRequest(Worded, frozen=True, kw_only=True):
    """One text to one number or to a list of them."""

    to: Phone | Numbers


class EstimateRequest(Worded, frozen=True, kw_only=True):
    """What a send would be: to numbers, or to groups and contacts as a campaign."""

    to: Phone | Numbers | None = None
    groups: Groups | None = None
    contacts: Contacts | None = None

    def wanted(self, tenant_id: int) -> Wanted:
        """The campaign it would be."""
        self.check_words()
        chosen = Chosen(groups=self.groups, contacts=self.contacts, to=self.to)
        return Wanted(
            name="",
            audience=chosen.audience(tenant_id),
            message=self.message,
            template_id=self.template,
            params=params(self.params),
            category=self.class_,
            sender_id=self.sender_id,
            schedule_at=self.schedule_at,
            rewrite=self.rewrite == "gsm7",
        )


class BulkText(Request, frozen=True, kw_only=True):
    """One of many different texts."""

    to: Phone
    message: Words
    reference: Reference | None = None


class BulkRequest(Common, frozen=True, kw_only=True):
    """Many different texts."""

    messages: Annotated[list[BulkText], msgspec.Meta(min_length=1, max_length=RECIPIENTS_MAX)]

    def order(self, profile: Profile) -> Order:
        """What the act is asked to do. Raises: PlaceholderWrong, ValueMissing."""
        texts = [Text(each.to, each.message, each.reference) for each in self.messages]
        return Order(
            personal.filled(profile, texts),
            self.sender_id,
            self.class_,
            self.schedule_at,
            self.rewrite == "gsm7",
        )


class AcceptedText(Shape, frozen=True, kw_only=True):
    """A text that was taken on; with `schedule_at` it waits for that moment."""

    id: str
    to: str
    status: str
    segments: int
    encoding: str
    cost: Kes
    reference: str | None
    schedule_at: Instant | None


class SendAnswer(Shape, frozen=True, kw_only=True):
    """What was taken on, what was not, and what it costs."""

    batch_id: str
    accepted: int
    rejected: int
    cost: Kes
    currency: str
    balance: Kes
    messages: list[AcceptedText]
    errors: list[DeclinedText]


class Send:
    """POST /api/{tenant}/sms/send"""

    @for_tenant("sendText", scope=SEND, status=202, refuses=(*REFUSES_TO_SEND, *OF_TEMPLATES))
    def on_post(self, call: TenantCall, asked: SendRequest) -> SendAnswer:
        """Send one text to one number or many.

        A number written several ways is one text; the repeats are named in `errors`. When the money
        does not reach for all, nothing is sent. Places such as `{{name}}`
        are filled in with the values of each, or with `params`; with `template` each gets the words
        in their own language, too.
        """
        order = asked.order(call.profile, numbers(asked.to))
        return answer(sending.send(call.profile, order, once=call.once, actor=call.actor))


class Bulk:
    """POST /api/{tenant}/sms/bulk"""

    @for_tenant("sendTexts", scope=SEND, status=202, refuses=(*REFUSES_TO_SEND, *OF_PLACES))
    def on_post(self, call: TenantCall, asked: BulkRequest) -> SendAnswer:
        """Send many different texts at once.

        When the money does not reach for all, nothing is sent.
        """
        order = asked.order(call.profile)
        return answer(sending.send(call.profile, order, once=call.once, actor=call.actor))


class Estimate:
    """POST /api/{tenant}/sms/estimate"""

    @for_tenant(
        "estimateText",
        scope=SEND,
        refuses=(*REFUSES, *OF_TEMPLATES, *OF_AUDIENCES),
        while_suspended=True,
    )
    def on_post(self, call: TenantCall, asked: EstimateRequest) -> EstimateAnswer:
        """Say what a send would reach and cost, and when it would go, without sending.

        With `groups` or `contacts` it is reckoned as a campaign.
        """
        if asked.groups or asked.contacts:
            made = measuring.measure(call.profile, asked.wanted(call.tenant_id))
            return shown(call.profile, made, call.profile.price)
        if asked.to is None:
            asked.check_words()
            raise Refusals([("to", MissingField(given="to"))])
        order = asked.order(call.profile, numbers(asked.to))
        found = sending.estimate(call.profile, order)
        words = asked.words(call.tenant_id)
        if found.rewrite_saves.units and placeholders.OPENS in words:
            found = replace(found, rewrite=wording.cheaper(words))
        return _estimate(call.profile, found)


def _estimate(profile: Profile, made: sending.Estimate) -> EstimateAnswer:
    return EstimateAnswer(
        recipients=made.recipients,
        segments=SegmentSpan(
            min=made.segments_min, max=made.segments_max, total=made.segments_total
        ),
        encoding=made.encoding,
        offending=[
            OffendingCharacter(
                character=each.character,
                positions=list(each.positions),
                name=each.name,
                suggestion=each.suggestion,
            )
            for each in made.offenders
        ],
        rewrite=None
        if made.rewrite is None
        else Rewriting(message=made.rewrite, saves=made.rewrite_saves.text()),
        price=profile.price.price_text(),
        cost=made.cost.text(),
        currency=CURRENCY,
        balance_after=made.balance_after.text(),
        goes_at=utc(made.goes_at),
        errors=[DeclinedText.of(each) for each in made.errors],
    )


def answer(batch: sending.Batch) -> SendAnswer:
    """Show what a send has done."""
    return SendAnswer(
        batch_id=batch.id,
        accepted=len(batch.messages),
        rejected=len(batch.errors),
        cost=batch.cost.text(),
        currency=CURRENCY,
        balance=batch.balance.text(),
        messages=[
            AcceptedText(
                id=each.id,
                to=each.to,
                status=each.status,
                segments=each.segments,
                encoding=each.encoding,
                cost=each.cost.text(),
                reference=each.reference,
                schedule_at=each.schedule_at,
            )
            for each in batch.messages
        ],
        errors=[DeclinedText.of(each) for each in batch.errors],
    )
