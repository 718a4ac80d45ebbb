"""The buttons of sender IDs, and of texts that are nobody's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bots.desk import asking, sender_acts
from bots.desk.hearing import Heard
from bots.desk.pressed import REPLY_BELOW, Pressed, of
from bots.desk.replies import card
from core.messaging import senders
from core.messaging.models import SenderStatus
from core.messaging.sender_requests import OPEN
from core.notices.sender_cards import subject


def _approve(heard: Heard, args: list[str]) -> Pressed:
    return of(heard, sender_acts.approve(heard, args[0]), subject(args[0]))


def _reject(heard: Heard, args: list[str]) -> Pressed:
    sender = senders.one(None, args[0])
    if sender.status not in OPEN:
        return of(heard, sender_acts.standing(sender), subject(args[0]))
    return Pressed(REPLY_BELOW, says=asking.why_sender_rejected(heard, sender))


def _operator(heard: Heard, args: list[str]) -> Pressed:
    key, operator, status = args
    done = sender_acts.note_operator(heard, key, operator, SenderStatus(status))
    return of(heard, done, subject(key))


def _show(heard: Heard, args: list[str]) -> Pressed:
    return Pressed(says=card(subject(senders.one(None, args[0]).public_id)))


def _ignore(heard: Heard, args: list[str]) -> Pressed:
    number = ":".join(args)
    return of(heard, sender_acts.ignore(heard, number), f"strays:{number}")


VERBS: Mapping[str, Callable[[Heard, list[str]], Pressed]] = MappingProxyType(
    {
        "sapprove": _approve,
        "sreject": _reject,
        "sop": _operator,
        "sshow": _show,
        "ignore": _ignore,
    }
)
