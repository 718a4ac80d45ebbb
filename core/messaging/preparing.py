"""From what was asked to rows that could be stored: numbers, texts, prices, times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from core import clock, phone, text
from core.errors import Refused
from core.messaging import guards, reach, reasons, rules, suppression
from core.messaging.errors import (
    Declined,
    EmptyText,
    ScheduleInPast,
    ScheduleTooFar,
    SenderNotAtOperator,
    TextTooLong,
    TooManyRecipients,
)
from core.messaging.guards import Reason
from core.messaging.models import Category
from core.messaging.routing import Route, route
from core.tenants.profiles import Profile
from core.words import say

RECIPIENTS_MAX = 1000
SEGMENTS_MAX = 10
# A client's clock may be a little ahead of its request.
PAST_ALLOWED = timedelta(minutes=1)

DUPLICATE = "This number is in the request more than once; it gets one text."


@dataclass(frozen=True, slots=True)
class Text:
    """One text as it was asked for; `to` in any writing."""

    to: str
    body: str
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A send as it was asked for. `rewrite` lets us trade look-alikes for cheaper characters."""

    texts: Sequence[Text]
    sender_id: str | None = None
    category: Category = Category.TRANSACTIONAL
    schedule_at: datetime | None = None
    rewrite: bool = False


class Row(NamedTuple):
    """One text ready to be stored; `cost` in KES/4, `due_ms` when it has to wait."""

    msisdn: str
    body: str
    is_unicode: bool
    segments: int
    cost: int
    reference: str | None
    due_ms: int | None


@dataclass(slots=True)
class Prepared:
    """The rows of one order, and who was left out."""

    route: Route
    sender: str
    category: Category
    rows: list[Row] = field(default_factory=list)
    declined: list[Declined] = field(default_factory=list)

    @property
    def cost(self) -> int:
        """The whole price, in KES/4."""
        return sum(row.cost for row in self.rows)


def prepare(profile: Profile, order: Order) -> Prepared:
    """Validate, normalise, count and price an order. Reads little and changes nothing.

    Raises: TooManyRecipients, EmptyText, TextTooLong, InvalidText, SenderNotApproved,
    SenderWrongClass, ScheduleInPast, ScheduleTooFar.
    """
    if len(order.texts) > RECIPIENTS_MAX:
        raise TooManyRecipients(limit=RECIPIENTS_MAX)
    way = route(profile)
    prepared = Prepared(way, way.sender(order.sender_id, order.category), order.category)
    wanted = _wanted(order.schedule_at)
    found = _numbers(profile, order, prepared.declined)
    out = suppression.among(profile.tenant_id, order.category, list(found))
    for msisdn in [each for each in found if each in out]:
        prepared.declined.append(_suppressed(profile, found.pop(msisdn), out[msisdn]))
    for msisdn, operator in reach.beyond(list(found), way.closed_at(prepared.sender)).items():
        declined = _out_of_reach(profile, found.pop(msisdn), prepared.sender, operator)
        prepared.declined.append(declined)
    bodies = dict.fromkeys(each.body for each in found.values())
    measured = {body: _measure(body, order) for body in bodies}
    words = [(msisdn, measured[asked.body][0]) for msisdn, asked in found.items()]
    for msisdn, reason in _too_much(profile, order, words).items():
        prepared.declined.append(_guarded(profile, found.pop(msisdn), reason))
    for msisdn, asked in found.items():
        body, is_unicode, segments = measured[asked.body]
        prepared.rows.append(
            Row(
                msisdn,
                body,
                is_unicode,
                segments,
                segments * profile.price_units,
                asked.reference,
                _due(order.category, msisdn, wanted),
            )
        )
    return prepared


def left_out(profile: Profile, order: Order, taken: Set[str], batch_id: str) -> list[Declined]:
    """Say again who was left out of an order that was taken on for these numbers, as a batch."""
    declined: list[Declined] = []
    found = _numbers(profile, order, declined)
    rest = {msisdn: asked for msisdn, asked in found.items() if msisdn not in taken}
    words = [(msisdn, _measure(asked.body, order)[0]) for msisdn, asked in rest.items()]
    full = _too_much(profile, order, words, but=batch_id)
    out = suppression.among(profile.tenant_id, order.category, list(rest))
    far = reach.beyond(rest, route(profile).closed_at(order.sender_id))
    for msisdn, asked in rest.items():
        if msisdn in far and msisdn not in out:
            again = _out_of_reach(profile, asked, order.sender_id or "", far[msisdn])
        elif msisdn in full and msisdn not in out:
            again = _guarded(profile, asked, full[msisdn])
        else:
            again = _suppressed(profile, asked, out.get(msisdn, suppression.OPTED_OUT))
        declined.append(again)
    return declined


def _too_much(
    profile: Profile, order: Order, words: Sequence[tuple[str, str]], but: str | None = None
) -> Mapping[str, Reason]:
    """Say which numbers would get too much; notices and codes are never asked about."""
    if order.category is not Category.PROMOTIONAL:
        return {}
    wanted = order.schedule_at
    return guards.among(
        profile.tenant_id, order.category, words, at=wanted, but=but, is_test=profile.is_test
    )


def _numbers(profile: Profile, order: Order, declined: list[Declined]) -> dict[str, Text]:
    """Read the numbers, each once, and note which cannot be read or are there again."""
    found: dict[str, Text] = {}
    for asked in order.texts:
        try:
            msisdn = phone.parse(asked.to)
        except Refused as error:
            declined.append(Declined(asked.to, error.code, error.words(profile.language)))
            continue
        if msisdn in found:
            detail = say(profile.language, DUPLICATE)
            declined.append(Declined(asked.to, "duplicate", detail))
            continue
        found[msisdn] = asked
    return found


def _suppressed(profile: Profile, asked: Text, reason: str) -> Declined:
    return Declined(asked.to, reason, say(profile.language, reasons.WORDS[reason]))


def _out_of_reach(profile: Profile, asked: Text, sender: str, operator: str) -> Declined:
    refusal = SenderNotAtOperator(sender=sender, operator=reach.named([operator]))
    return Declined(asked.to, refusal.code, refusal.words(profile.language))


def _guarded(profile: Profile, asked: Text, reason: Reason) -> Declined:
    return Declined(asked.to, reason.value, say(profile.language, guards.WORDS[reason]))


def _measure(asked: str, order: Order) -> tuple[str, bool, int]:
    body = text.tidy(asked)
    if order.rewrite:
        body = text.rewrite(body)
    if not body.strip():
        raise EmptyText
    body = rules.with_suffix(body, order.category)
    measure = text.measure(body)
    if measure.segments > SEGMENTS_MAX:
        raise TextTooLong(segments=measure.segments, limit=SEGMENTS_MAX)
    return body, measure.encoding != text.GSM7, measure.segments


def checked_time(schedule_at: datetime | None) -> datetime | None:
    """Check a wanted time; None means at once. Raises: ScheduleInPast, ScheduleTooFar."""
    if schedule_at is None:
        return None
    now = clock.now()
    if schedule_at < now - PAST_ALLOWED:
        raise ScheduleInPast
    if schedule_at > now + timedelta(days=rules.DAYS_AHEAD_MAX):
        raise ScheduleTooFar(days=rules.DAYS_AHEAD_MAX)
    return schedule_at


def _wanted(schedule_at: datetime | None) -> datetime | None:
    """Check a wanted time; None means now."""
    wanted = checked_time(schedule_at)
    return wanted if wanted is not None and wanted > clock.now() else None


def _due(category: Category, msisdn: str, wanted: datetime | None) -> int | None:
    """Return when a text has to wait until, in ms; None when it can go at once."""
    if category is Category.TRANSACTIONAL:
        return None if wanted is None else clock.to_ms(wanted)
    moment = wanted or clock.now()
    allowed = rules.goes_at(category, phone.operator(msisdn), moment)
    return None if wanted is None and allowed == moment else clock.to_ms(allowed)
