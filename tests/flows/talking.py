"""Conversations as transcripts: `talk("1", "500", "yes")` gives the last screen."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from core.dialogue.screens import Asks, Reply, Screen
from core.flows import Visit, conversation, open_visit
from core.ledger import accounts
from core.messaging.models import Message
from core.money import Money
from core.tenants import people
from core.tenants.models import Person
from core.tenants.profiles import Profile

ASHA, JUMA, ZAWADI = "254712345671", "254712345672", "254712345673"
PIN = "2580"


@dataclass
class Talk:
    """Somebody at a door. Each turn makes a visit of its own, as a door does."""

    channel: str
    msisdn: str
    language: str = "en"
    screen: Screen = field(default_factory=lambda: Screen(""))

    def visit(self) -> Visit:
        proved = None if self.channel == "telegram" else self.msisdn
        return open_visit(
            self.channel, self.msisdn, msisdn=proved, language_hint=self.language, name="Someone"
        )

    def start(self, flow: str, *answers: str) -> Screen:
        """Begin a flow and answer it; gives the last screen."""
        self.screen = conversation.start(self.visit(), flow)
        return self.say(*answers)

    def say(self, *answers: str) -> Screen:
        for answer in answers:
            self.screen = conversation.turn(self.visit(), self.reply(answer))
        return self.screen

    def reply(self, answer: str) -> Reply:
        """An option's key, a verb (`<`, `contact`), or something typed."""
        if answer == "<":
            return Reply.back()
        if answer == "contact":
            return Reply.contact(self.msisdn)
        for option in self.screen.options:
            if answer == option.key or (answer == "yes" and _is_yes(option.key)):
                return Reply.pressed(self.screen.step, option.key)
        return Reply.typed(answer)

    @property
    def keys(self) -> list[str]:
        return ["yes" if _is_yes(option.key) else option.key for option in self.screen.options]

    @property
    def is_confirming(self) -> bool:
        return self.screen.asks in (Asks.CONFIRM, Asks.PIN)


_is_yes = re.compile(r"yes[0-9a-f]{10}").fullmatch


def person_of(talk: Talk) -> Person:
    person = people.by_phone(talk.msisdn)
    assert person is not None
    return person


def texts_to(msisdn: str) -> list[str]:
    """The texts to a phone, the oldest first."""
    return [
        row.body for row in Message.select().where(Message.msisdn == msisdn).order_by(Message.id)
    ]


def typed(talk: Talk, body: str) -> None:
    """Type a text: on a phone it is then taken as it is."""
    talk.say(body)
    if talk.channel == "ussd":
        talk.say("go")


def agree(talk: Talk) -> None:
    talk.say("yes")
    if talk.channel == "ussd":
        talk.say(PIN)


def available(tenant: Profile) -> Money:
    return accounts.balance(tenant.tenant_id).available
