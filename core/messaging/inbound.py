"""Inbound texts: stored as they come and answered at once, then brought to whom they are for.

Each is taken up once, in one transaction with all it does; one that fails is tried again and keeps
nobody else's waiting. What it does to contacts and opt-outs stands under the lock of the business's
book, so that nobody is erased, or becomes a contact, between two looks.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import peewee
import structlog

from core import clock, events, ids, phone
from core.contacts import book, contacts, erased
from core.database import execute, single, transaction
from core.errors import NotFound, Refused
from core.gateways.onfon import Inbound as Received
from core.messaging import inbound_routing, opting, replies
from core.messaging.models import Inbound
from core.messaging.replies import Verdict, Wish
from core.queue import job
from core.tenants import audit
from core.tenants.profiles import Profile

log = structlog.get_logger(__name__)

AT_ONCE = 200
# A repetition without a time or an id of the gateway's comes within this.
REPEAT_MS = 10 * 60 * 1000


class InboundNotFound(NotFound):
    """No such text, or another business's."""

    code = "inbound_not_found"
    title = "Message not found"
    sentence = "There is no such message in the inbox. Check the id."


# Whether it came before is asked of the minutes before, too: a repetition may come across the turn.
_STORE = """
    INSERT INTO inbound (id, key, account_id, msisdn, sent_to, body, received_at)
    SELECT %s, %s, %s, %s, %s, %s, %s
    WHERE NOT EXISTS (SELECT 1 FROM inbound WHERE key = %s)
    ON CONFLICT (key) DO NOTHING
"""


def receive(account_id: int, text: Received) -> None:
    """Keep an inbound text; what it means is worked out later. A repetition is nothing new."""
    now = clock.ms()
    turn = now // REPEAT_MS
    row = (
        ids.new("inb"),
        _key(account_id, text, turn),
        account_id,
        _number(text.sender),
        (text.to or "").replace(" ", "").lstrip("+")[:20],
        text.text,
        now,
        _key(account_id, text, turn - 1),
    )
    single(lambda: execute(_STORE, row))
    take_up.nudge()


def _key(account_id: int, text: Received, turn: int) -> str:
    """Tell a text from every other: by the gateway's id or time, else by the minutes it came in.

    Its words are part of it: an id that a gateway uses again must not swallow a new text.
    """
    when = "" if text.received_at is None else clock.rfc3339(text.received_at)
    named = text.provider_id or when or f"turn {turn}"
    told = "\n".join((str(account_id), named, text.sender, text.to or "", text.text))
    return hashlib.sha256(told.encode()).hexdigest()


def _number(sender: str) -> str:
    """Write a sender as we write numbers; a name, or another country's code, stays as it came."""
    try:
        return phone.parse(sender)
    except Refused:
        return sender.replace(" ", "").lstrip("+")[:20]


@job(priority=5)
def take_up() -> None:
    """Bring the texts that have come in to whom they are for. Safe to run twice, or never."""
    after = ""
    while found := _fresh(after):
        for inbound_id in found:
            try:
                _take_up(inbound_id)
            except peewee.OperationalError:
                raise  # the database's trouble: all of them wait
            except Exception:
                # An edge: one we cannot make sense of must not keep the others waiting.
                log.exception("inbound_failed", inbound=inbound_id)
        after = found[-1]


def _fresh(after: str) -> list[str]:
    """List the next texts that nobody has taken up, in the order they came."""
    query = Inbound.select(Inbound.id).where(Inbound.handled_at.is_null(), Inbound.id > after)
    return [row.id for row in query.order_by(Inbound.id).limit(AT_ONCE)]


def _take_up(inbound_id: str) -> None:
    with transaction():
        taken = (
            Inbound.update(handled_at=clock.now())
            .where(Inbound.id == inbound_id, Inbound.handled_at.is_null())
            .execute()
        )
        if taken:
            _bring(Inbound.get_by_id(inbound_id))


def _bring(text: Inbound) -> None:
    """Give a text to its business and do what it asks for; nobody's goes to the operators."""
    wish = replies.wish(text.body)
    is_stop = wish is not None and wish.verdict is Verdict.OPT_OUT
    owner = inbound_routing.owner(text.msisdn, text.sent_to, is_stop=is_stop)
    if owner is None:
        events.record("inbound.unknown", None, inbound=text.id, phone=text.msisdn)
        return
    book.keep(owner.tenant_id)
    pseudonym = _pseudonym(owner.tenant_id, text, wish)
    told = text.msisdn if pseudonym is None else pseudonym
    Inbound.update(
        tenant_id=owner.tenant_id,
        msisdn=told,
        body=text.body if pseudonym is None else "",
        answers=None if pseudonym else owner.answers,
        verdict=None if wish is None else wish.verdict.value,
    ).where(Inbound.id == text.id).execute()
    if wish is not None and wish.verdict is Verdict.OPT_OUT:
        opting.opt_out(
            owner.tenant_id,
            text.msisdn,
            wish,
            inbound_id=text.id,
            answers=owner.category,
            told=told,
        )
    elif wish is not None:
        opting.opt_in(owner.tenant_id, text.msisdn, wish, inbound_id=text.id, told=told)
    if pseudonym is not None and wish is None:
        return  # it has nothing to say any more
    events.record(
        "message.received",
        owner.tenant_id,
        inbound=text.id,
        phone=told,
        verdict=None if wish is None else wish.verdict.value,
    )


def _pseudonym(tenant_id: int, text: Inbound, wish: Wish | None) -> str | None:
    """Return the pseudonym under which a text is to be kept, without its words, if it is.

    What somebody wrote before they were erased must not outlive that, and what they ask for
    afterwards is kept beside their opt-outs, from which nothing may lead to the number. Whatever
    else they write of their own accord is an answer like others.
    """
    pseudonym = erased.among(tenant_id, [text.msisdn]).get(text.msisdn)
    if pseudonym is None:
        return None
    when = contacts.by_number(tenant_id, pseudonym)
    is_older = (
        when is not None and when.updated_at is not None and text.received_at <= when.updated_at
    )
    return pseudonym if wish is not None or is_older else None


def listing(
    profile: Profile,
    *,
    sender: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[Inbound]:
    """List what came for a business, newest first; `after` is the id of the last one seen.

    The play side of a business gets no answers: nobody was written to. Raises: InvalidNumber.
    """
    if profile.is_test:
        return []
    query = Inbound.select().where(Inbound.tenant_id == profile.tenant_id)
    if sender is not None:
        query = query.where(Inbound.msisdn == phone.parse(sender))
    if since is not None:
        query = query.where(Inbound.received_at >= since)
    if until is not None:
        query = query.where(Inbound.received_at < until)
    if after is not None:
        query = query.where(Inbound.id < after)
    return list(query.order_by(Inbound.id.desc()).limit(limit))


def one(profile: Profile, inbound_id: str) -> Inbound:
    """Find a text that came for a business. Raises: InboundNotFound."""
    found: Inbound | None = Inbound.get_or_none(
        Inbound.tenant_id == profile.tenant_id, Inbound.id == inbound_id
    )
    if found is None or profile.is_test:
        raise InboundNotFound
    return found


def strays(msisdn: str, limit: int = 5) -> list[Inbound]:
    """List the latest texts of a number that are nobody's, the newest first."""
    query = Inbound.select().where(Inbound.tenant_id.is_null(), Inbound.msisdn == msisdn)
    return list(query.order_by(Inbound.id.desc()).limit(limit))


def ignore(msisdn: str, *, actor: str, channel: str) -> bool:
    """Note that the texts of a number that are nobody's need nothing. False when that was done."""
    with transaction():
        done = (
            Inbound.update(verdict=Verdict.IGNORED.value)
            .where(
                Inbound.tenant_id.is_null(),
                Inbound.msisdn == msisdn,
                Inbound.verdict.is_null(),
                Inbound.handled_at.is_null(False),
            )
            .execute()
        )
        if done:
            audit.record(None, actor, channel, "inbound.ignored", subject=msisdn)
    return bool(done)
