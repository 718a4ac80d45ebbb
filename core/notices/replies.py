"""What comes back: replies and opt-outs, forwarded to a business; and how its sender IDs move."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec

from core import clock, phone, words
from core.contacts import contacts
from core.events import Event
from core.gateways.telegram import Button
from core.messaging import optouts
from core.messaging.models import Inbound, SenderStatus
from core.messaging.replies import Verdict
from core.notices.notebook import Matter
from core.notices.saying import Nothing, Said, Words, brief, say
from core.telegram.buttons import opens

# So many seconds of replies are told together: each alone would flood whoever reads them.
SLOT_S = 15
SHOWN = 5
BODY_MAX = 400
_BEFORE = 50  # a slow transaction's fact has an earlier number
_AT_ONCE = 500

FROM = "{who}: {text}"
OPTED_OUT = "{who} has opted out. They get no more adverts from you."
OPTED_OUT_OF_ALL = "{who} has opted out. They get no more SMS from you."
OPTED_IN = "{who} wants SMS from you again."
MORE = "+{count} more, see Reports, Replies."
ANSWER = "Answer"
ALL = "All replies"

REQUESTED = "Sender ID {sender} is being looked at."
SUBMITTED = "Sender ID {sender} is with the operators. We tell you when they answer."
APPROVED = "Sender ID {sender} is approved. Your SMS can go out under it now."
REJECTED = "Sender ID {sender} was not approved: {reason}"
WITHDRAWN = "Sender ID {sender} was withdrawn. No SMS goes out under it any more: {reason}"
OPERATOR = "Sender ID {sender}: {operator} has approved it."
OPERATOR_NO = "Sender ID {sender}: {operator} has not approved it."
OPERATOR_HAS = "Sender ID {sender} is with {operator} now, too. We tell you when they answer."
SENDER_STATES: Mapping[str, str] = MappingProxyType(
    {
        SenderStatus.REQUESTED.value: REQUESTED,
        SenderStatus.SUBMITTED.value: SUBMITTED,
        SenderStatus.APPROVED.value: APPROVED,
        SenderStatus.REJECTED.value: REJECTED,
    }
)


_SAID: Mapping[str, str] = {
    SenderStatus.APPROVED.value: OPERATOR,
    SenderStatus.REJECTED.value: OPERATOR_NO,
    SenderStatus.SUBMITTED.value: OPERATOR_HAS,
}


def slot_of(at: datetime) -> int:
    """Number the few seconds that a moment is in."""
    return clock.to_ms(at) // (SLOT_S * 1000)


def _inbox(matter: Matter, language: str) -> Said:
    """Tell the replies and opt-outs of some seconds. In a chat only: each would cost a text."""
    assert matter.tenant_id is not None
    found = _events(matter)
    texts = {
        row.id: row
        for row in Inbound.select().where(
            Inbound.id.in_([data["inbound"] for name, data in found if name == "message.received"])
        )
    }
    news = _news(found, texts)
    if not news:
        return Nothing("There is nothing to tell.")
    # Who they are is asked of those that are shown: a campaign may bring hundreds in a moment.
    told = [_line(matter.tenant_id, data, row, language) for data, row in news[:SHOWN]]
    if len(news) > SHOWN:
        told.append(words.say(language, MORE, count=len(news) - SHOWN))
    answerable = {str(row.msisdn) for row in texts.values()}
    return Words("\n\n".join(told), "", _buttons(answerable, language), is_chat_only=True)


def _news(
    found: Iterable[tuple[str, Mapping[str, Any]]], texts: Mapping[str, Inbound]
) -> list[tuple[Mapping[str, Any], Inbound | None]]:
    """Choose what is to be told, each once: of an opt-out the fact, else the text that came."""
    news: dict[object, tuple[Mapping[str, Any], Inbound | None]] = {}
    for name, data in found:
        if name == "contact.opted_out":
            news.setdefault(data["phone"], (data, None))
        elif (row := texts.get(data["inbound"])) and row.verdict != Verdict.OPT_OUT.value:
            news.setdefault((data["phone"], row.verdict, row.body), (data, row))
    return list(news.values())


def _line(tenant_id: int, data: Mapping[str, Any], row: Inbound | None, language: str) -> str:
    """Put one of them into words."""
    who = _who(tenant_id, str(data["phone"]))
    if row is None:
        return words.say(language, _opted_out(tenant_id, data), who=who)
    if row.verdict == Verdict.OPT_IN.value:
        return words.say(language, OPTED_IN, who=who)
    return words.say(language, FROM, who=who, text=brief(row.body, BODY_MAX))


def _opted_out(tenant_id: int, data: Mapping[str, Any]) -> str:
    """Choose the sentence for what somebody wants no more of, with what they refused before."""
    classes = optouts.standing(tenant_id, str(data["phone"])) | set(data.get("classes") or ())
    return OPTED_OUT_OF_ALL if classes >= set(optouts.ALL) else OPTED_OUT


def _events(matter: Matter) -> list[tuple[str, dict[str, Any]]]:
    """Find the facts of the seconds a notice is about, in their order."""
    slot = int(matter.data["slot"])
    rows = (
        Event.select()
        .where(
            Event.tenant_id == matter.tenant_id,
            Event.sequence >= int(matter.data["from"]) - _BEFORE,
            Event.name.in_(("message.received", "contact.opted_out")),
        )
        .order_by(Event.sequence)
        .limit(_AT_ONCE)
    )
    return [
        (row.name, msgspec.json.decode(row.data)) for row in rows if slot_of(row.created_at) == slot
    ]


def _buttons(answerable: set[str], language: str) -> list[list[Button]]:
    row = [Button(words.say(language, ALL), opens("inbox"))]
    if len(answerable) == 1 and (msisdn := next(iter(answerable))).isdigit():
        row.insert(0, Button(words.say(language, ANSWER), opens("send", f"n{msisdn}")))
    return [row]


def _who(tenant_id: int, msisdn: str) -> str:
    """Name somebody as the business knows them, with the number."""
    if not msisdn.isdigit():
        return msisdn
    number = phone.pretty(msisdn)
    known = contacts.by_number(tenant_id, msisdn)
    return f"{known.name}, {number}" if known is not None and known.name else number


def _sender(matter: Matter, language: str) -> Said:
    """Tell how a sender ID has moved."""
    data = matter.data
    sender, status = str(data["sender_id"]), str(data["status"])
    has_moved = data.get("was") != status
    if status != SenderStatus.APPROVED.value or not has_moved:
        for name, how in (data.get("operators") or {}).items():
            if how == SenderStatus.SUBMITTED.value and has_moved:
                continue  # it is the first of them: told as a whole
            if (said := _SAID.get(how)) is not None:
                return say(language, said, {}, sender=sender, operator=name.capitalize())
    if not has_moved:
        return Nothing("Nothing has changed for the business.")
    sentence = SENDER_STATES[status]
    if sentence is not REJECTED:
        return say(language, sentence, {}, sender=sender)
    if data.get("was") == SenderStatus.APPROVED.value:
        sentence = WITHDRAWN
    return say(language, sentence, {"reason": str(data.get("reason") or "-")}, sender=sender)


KINDS: Mapping[str, Callable[[Matter, str], Said]] = MappingProxyType(
    {"inbox": _inbox, "sender_id.changed": _sender}
)
