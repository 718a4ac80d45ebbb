"""Sending: to whom, what, what it costs, when, and yes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from core import phone, text
from core.campaigns import personal
from core.campaigns.audience import Audience
from core.dialogue.steps import Ask, Choose, Flow, Given, Once, Part
from core.errors import NotAllowed, Refused
from core.flows.asking import Agree, sign
from core.flows.composing import (
    Said,
    ask_lacking,
    ask_said,
    ask_sender,
    ask_spelling,
    is_dearer,
    read_places,
    signs,
)
from core.flows.many import send_many
from core.flows.recipients import To, ask_recipients
from core.flows.topup import topup
from core.flows.visits import Visit
from core.flows.when import ask_time, span
from core.flows.wording import brief, kes, open_for, reference, somebody
from core.messaging import guards, reasons
from core.messaging.errors import NoRecipients, SenderNotAtOperator
from core.messaging.models import Category
from core.messaging.sending import Estimate, Order, Text, estimate
from core.messaging.sending import send as accept
from core.money import Money
from core.tenants import pins, roles
from core.tenants.models import Role
from core.tenants.profiles import Profile
from core.tenants.roles import Right

OTHERS_MAX = 20


class NeedsManager(NotAllowed):
    """More than a sender spends alone."""

    code = "needs_manager"
    title = "Needs a manager"
    sentence = "More than {limit} at once needs a manager or the owner. Ask one of them to send it."


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be sent to a number, before anybody has agreed to it."""

    to: To
    body: str
    is_plain: bool
    sender: str | None = None
    at: datetime | None = None

    @property
    def order(self) -> Order:
        """The draft as messaging takes it."""
        return Order(
            [Text(self.to.number, self.body)],
            sender_id=self.sender,
            category=Category.TRANSACTIONAL,
            schedule_at=self.at,
            rewrite=self.is_plain,
        )


def send_(visit: Visit) -> Flow:
    """Ask for recipients and words, show what it comes to, and send it once."""
    about = yield from Given("about")
    return (yield from write_to(visit, about))


def write_to(visit: Visit, about: str = "") -> Flow:
    """Send to whoever is known already: a group, a contact, a number; else ask to whom."""
    profile = open_for(visit, Right.SEND)
    if visit.asks_pin:
        pins.require_open(somebody(visit))
    to = yield from ask_recipients(visit, profile.tenant_id, about)
    if to.msisdn is None:
        return (yield from send_many(visit, profile, to))
    return (yield from _send_one(visit, profile, to))


def _send_one(visit: Visit, profile: Profile, to: To) -> Flow:
    """Write to a single number: the short way."""
    said = yield from ask_said(
        visit, profile.tenant_id, Audience(to=[to.number]), lambda given: _read(profile, given, to)
    )
    category = Category.TRANSACTIONAL
    sender = yield from ask_sender(visit, profile.tenant_id, category, to.msisdn)
    body = _body(profile, said, to)
    is_plain = yield from ask_spelling(visit, body)
    draft = Draft(to, body, is_plain, sender)
    for at in range(OTHERS_MAX):
        try:
            found = estimate(profile, draft.order)
            break
        except (NoRecipients, SenderNotAtOperator) as refusal:
            reason = _why_not(visit, refusal)
        options = {"other": visit.say("Another number"), "leave": visit.say("Cancel")}
        if (yield from Choose(f"send_nobody{at or ''}", reason, options)) == "leave":
            return visit.say("Nothing was sent.")
        question = visit.say("Which number?")
        msisdn = yield from Ask(f"send_other{at or ''}", question, phone.parse)
        to, other = To(phone.pretty(msisdn), msisdn), f"_other{at}"
        people = Audience(to=[to.number])
        said = yield from ask_lacking(visit, profile.tenant_id, said, people, other)
        draft = replace(draft, to=to, body=_body(profile, said, to))
    else:
        return visit.say("Nothing was sent.")
    _stay_within(visit, profile, found.cost)
    answer = yield from _preview(visit, profile, draft, found)
    if answer == "later":
        draft = replace(draft, at=(yield from ask_time(visit)))
        found = estimate(profile, draft.order)
        answer = yield from _preview(visit, profile, draft, found)
    if answer == "topup":
        return (yield from topup(visit))
    if answer != "yes":
        return visit.say("Nothing was sent.")
    yield from sign(visit, "send_pin")
    batch_id = yield from Once("send", lambda once: _send(visit, profile, draft, once))
    told = {"count": f"{found.recipients:,}", "reference": reference(batch_id)}
    if draft.at is None:
        return visit.say(
            "Done: {count} SMS taken on. Ref {reference}. We will tell you the result.", **told
        )
    return visit.say(
        "Done: {count} SMS taken on, {when}. Ref {reference}. We will tell you the result.",
        when=span(visit, found.goes_at),
        **told,
    )


def _read(profile: Profile, given: str, to: To) -> str:
    """Read words whose places can be filled in for a number.

    Raises: ValueMissing, and what `read_places` raises.
    """
    body = read_places(given)
    _body(profile, Said(body), to)
    return body


def _body(profile: Profile, said: Said, to: To) -> str:
    """Write the words for whoever has a number.

    Raises: TemplateNotFound, PlaceholderWrong, ValueMissing.
    """
    if said.template_id is None:
        return personal.filled(profile, [Text(to.number, said.body)], params=said.params)[0].body
    return personal.texts(profile, said.template_id, [to.number], params=said.params)[0].body


def _why_not(visit: Visit, refusal: Refused) -> str:
    """Say why a number gets nothing, in the words of whatever it is."""
    of_theirs = (reasons.OPTED_OUT, reasons.BLOCKED, *guards.WORDS)
    known = {code: reasons.WORDS[code] for code in of_theirs}
    said = [
        visit.say(known[each.code]) if each.code in known else each.detail
        for each in (refusal.declined if isinstance(refusal, NoRecipients) else ())
    ]
    return "\n".join(dict.fromkeys(said)) or refusal.words(visit.language)


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
    if not is_short:
        when = span(visit, found.goes_at)
        lines.append(visit.say("Goes {when}", when=when) if draft.at else visit.say("Goes now."))
    return (
        yield from Agree(
            "send_sure" if draft.at is None else "send_later_sure",
            "\n".join(lines),
            visit,
            *(profile.tenant_id, draft.to.msisdn, draft.body, draft.sender),
            *(draft.is_plain, draft.at, found.recipients, found.cost.units),
            detail=_detail(visit, draft),
            instead={"topup": visit.say("Top up")} if is_short else None,
            beside=None if is_short or draft.at else {"later": visit.say("Later")},
        )
    )


def _detail(visit: Visit, draft: Draft) -> str:
    """What a larger screen shows besides: the text as it goes, and what makes it dear."""
    body = text.rewrite(draft.body) if draft.is_plain else draft.body
    lines = [body]
    if is_dearer(body):
        lines.append(visit.say("Costly characters: {signs}.", signs=signs(visit, body)))
    if draft.sender is not None:
        lines.append(visit.say("From {sender}", sender=draft.sender))
    return "\n\n".join(lines)


def _stay_within(visit: Visit, profile: Profile, cost: Money) -> None:
    """Refuse what a sender may not spend alone. Raises: NeedsManager."""
    most = profile.approval_units
    if visit.role is Role.SENDER and most is not None and cost.units > most:
        raise NeedsManager(limit=kes(Money(most)))


def _send(visit: Visit, profile: Profile, draft: Draft, once: str) -> str:
    roles.require(somebody(visit).id, profile.tenant_id, Right.SEND)
    return accept(profile, draft.order, once=f"chat:{once}", actor=visit.actor).id
