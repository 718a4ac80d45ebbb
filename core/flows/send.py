"""Sending: to whom, what, what it costs, and yes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core import clock, text
from core.dialogue.screens import Done
from core.dialogue.steps import Choose, Flow, Once, Part
from core.errors import NotAllowed
from core.flows.asking import Agree, prose, sign, typed
from core.flows.recipients import Recipients, ask_recipients
from core.flows.topup import topup
from core.flows.visits import Visit
from core.flows.wording import brief, kes, open_for, reference, somebody
from core.messaging.errors import EmptyText, TextTooLong
from core.messaging.models import Category
from core.messaging.preparing import SEGMENTS_MAX
from core.messaging.sending import Estimate, Order, Text, estimate
from core.messaging.sending import send as accept
from core.money import Money
from core.settings import settings
from core.tenants import pins, roles
from core.tenants.models import Role
from core.tenants.profiles import Profile
from core.tenants.roles import Right

SIGNS_NAMED = 2


class NeedsManager(NotAllowed):
    """More than a sender spends alone."""

    code = "needs_manager"
    title = "Needs a manager"
    sentence = "More than {limit} at once needs a manager or the owner. Ask one of them to send it."


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be sent, before anybody has agreed to it."""

    to: Recipients
    body: str
    category: Category
    is_plain: bool

    @property
    def order(self) -> Order:
        """The draft as messaging takes it."""
        return Order(
            [Text(msisdn, self.body) for msisdn in self.to.msisdns],
            category=self.category,
            rewrite=self.is_plain,
        )


def send_(visit: Visit) -> Flow:
    """Ask for recipients and words, show what it comes to, and send it once."""
    profile = open_for(visit, Right.SEND)
    if visit.asks_pin:
        pins.require_open(somebody(visit))
    to = yield from ask_recipients(visit, profile.tenant_id)
    body = yield from _words(visit)
    category = yield from _category(visit, to)
    is_plain = yield from _spelling(visit, body)
    draft = Draft(to, body, category, is_plain)
    found = estimate(profile, draft.order)
    _stay_within(visit, found.cost)
    answer = yield from _preview(visit, profile, draft, found)
    if answer == "topup":
        return (yield from topup(visit))
    if answer != "yes":
        return visit.say("Nothing was sent.")
    yield from sign(visit, "send_pin")
    batch_id = yield from Once("send", lambda once: _send(visit, profile, draft, once))
    return Done(
        visit.say(
            "Done: {count} SMS taken on. Ref {reference}. We will tell you the result.",
            count=f"{found.recipients:,}",
            reference=reference(batch_id),
        )
    )


def _words(visit: Visit) -> Part[str]:
    question = (
        visit.say("Type the message, up to 80 letters at a time:")
        if visit.is_small
        else visit.say("Type the message:")
    )

    def size(body: str) -> str:
        measured = text.measure(body)
        return visit.say(
            "{letters} letters, {segments} SMS.",
            letters=measured.units,
            segments=measured.segments,
        )

    return (
        yield from typed(
            visit, "send_text", question, _body, done=visit.say("Send"), size=size, join=prose
        )
    )


def _body(given: str) -> str:
    """Read a text. Raises: EmptyText, TextTooLong, InvalidText."""
    body = text.tidy(given).strip()
    if not body:
        raise EmptyText
    segments = text.measure(body).segments
    if segments > SEGMENTS_MAX:
        raise TextTooLong(segments=segments, limit=SEGMENTS_MAX)
    return body


def _category(visit: Visit, to: Recipients) -> Part[Category]:
    """Ask what kind of text it is, where it could be an advert."""
    if to.is_one:
        return Category.TRANSACTIONAL
    rules = settings().rules
    kind = yield from Choose(
        "send_kind",
        visit.say("What is it?"),
        {
            "notice": visit.say("Notice or service"),
            "advert": visit.say(
                "Advert, sent {start}-{end}",
                start=rules.promotional_from,
                end=rules.promotional_until,
            ),
        },
    )
    return Category.PROMOTIONAL if kind == "advert" else Category.TRANSACTIONAL


def _spelling(visit: Visit, body: str) -> Part[bool]:
    """Offer plain letters where others make a text dearer. Gives whether they are wanted."""
    saving = text.rewrite_saving(body)
    if saving.after >= saving.before:
        return False
    question = visit.say(
        "{signs} make this {before} SMS each. With plain letters it is {after}.",
        signs=_signs(visit, body),
        before=saving.before,
        after=saving.after,
    )
    wanted = yield from Choose(
        "send_plain",
        question,
        {"plain": visit.say("Plain letters"), "keep": visit.say("Keep as it is")},
        detail=saving.text,
    )
    return wanted == "plain"


def _signs(visit: Visit, body: str) -> str:
    """Name the characters that make a text dear, as they can be named here."""
    found = text.offenders(body)
    names = [
        brief(each.name, 24) if visit.is_small else f"{each.character} ({each.name})"
        for each in found[:SIGNS_NAMED]
    ]
    more = len(found) - len(names)
    return ", ".join(names) + (f" +{more}" if more else "")


def _preview(visit: Visit, profile: Profile, draft: Draft, found: Estimate) -> Part[str]:
    """Show everything that counts, and ask for a yes; or offer a top-up."""
    is_short = found.balance_after < Money(0)
    lines = [
        visit.say(
            "{name}: {count} x {segments} SMS = {cost}",
            name=brief(draft.to.name, 16),
            count=f"{found.recipients:,}",
            segments=found.segments_max,
            cost=kes(found.cost),
        ),
        visit.say("You have {available}.", available=kes(found.balance_after + found.cost))
        if is_short
        else visit.say("Left {left}.", left=kes(found.balance_after)),
    ]
    left_out = len(draft.to.msisdns) - found.recipients
    if left_out:
        lines.append(visit.say("{count} opted out.", count=left_out))
    goes = _when(visit, found.goes_at)
    if not is_short:
        lines.append(goes)
    return (
        yield from Agree(
            "send_sure",
            "\n".join(lines),
            visit,
            *(profile.tenant_id, draft.to.msisdns, draft.body, draft.category.value),
            *(draft.is_plain, found.recipients, found.cost.units, goes),
            detail=_detail(visit, draft, found),
            instead={"topup": visit.say("Top up")} if is_short else None,
        )
    )


def _detail(visit: Visit, draft: Draft, found: Estimate) -> str:
    """What a larger screen shows besides: the text as it goes, and what makes it dear."""
    body = text.rewrite(draft.body) if draft.is_plain else draft.body
    lines = [body]
    if draft.category is Category.PROMOTIONAL:
        lines = [f"{body}{settings().rules.opt_out_suffix}"]
    if text.offenders(body):
        lines.append(visit.say("Dear signs: {signs}.", signs=_signs(visit, body)))
    return "\n\n".join(lines)


def _when(visit: Visit, goes_at: datetime) -> str:
    """Say when it goes, in the words people use for it."""
    now = clock.now()
    if goes_at <= now:
        return visit.say("Goes now.")
    local, today = goes_at.astimezone(clock.NAIROBI), now.astimezone(clock.NAIROBI).date()
    day = "Goes today {time}." if local.date() == today else "Goes tomorrow {time}."
    return visit.say(day, time=f"{local:%H:%M}")


def _stay_within(visit: Visit, cost: Money) -> None:
    """Refuse what a sender may not spend alone. Raises: NeedsManager."""
    most = settings().rules.approval_threshold_units
    if visit.role is Role.SENDER and most is not None and cost.units > most:
        raise NeedsManager(limit=kes(Money(most)))


def _send(visit: Visit, profile: Profile, draft: Draft, once: str) -> str:
    roles.require(somebody(visit).id, profile.tenant_id, Right.SEND)
    return accept(profile, draft.order, once=f"chat:{once}", actor=visit.actor).id
