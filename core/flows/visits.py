"""Who is talking: the person behind a door's address, and the business they act for."""

from __future__ import annotations

from dataclasses import dataclass

from core import words
from core.settings import settings
from core.tenants import people, profiles
from core.tenants.models import Person, Role
from core.tenants.profiles import Profile

_WITH_PIN = frozenset({"ussd", "terminal"})  # where whoever holds the phone could be anybody


@dataclass(slots=True)
class Visit:
    """One turn of somebody's conversation; made anew for each, so that nothing in it is old.

    `msisdn` is a phone that the door or the person's record proves. `person` is None for strangers,
    `profile` for whoever belongs to no business yet.
    """

    channel: str
    address: str
    msisdn: str | None
    language: str
    name: str = ""
    person: Person | None = None
    profile: Profile | None = None
    role: Role | None = None
    businesses: int = 0

    def say(self, sentence: str, /, **fields: object) -> str:
        """A sentence in the person's language."""
        return words.say(self.language, sentence, **fields)

    @property
    def actor(self) -> str:
        """The name under which this person's acts are recorded."""
        return f"{self.channel}:{self.address}" if self.person is None else self.person.actor

    @property
    def asks_pin(self) -> bool:
        """Whether spending needs the PIN here; elsewhere the account itself is the proof."""
        return self.channel in _WITH_PIN

    @property
    def is_small(self) -> bool:
        """Whether screens are small and typing is hard."""
        return self.channel in _WITH_PIN

    def become(self, person: Person) -> None:
        """Go on as somebody who has just been recognised, in their business."""
        self.person, self.msisdn = person, person.msisdn
        self._enter()

    def _enter(self) -> None:
        assert self.person is not None
        open_to = people.businesses(self.person.id)
        self.businesses = len(open_to)
        self.profile = self.role = None
        for tenant, role in open_to:
            if self.profile is None or tenant.id == self.person.current_tenant_id:
                self.profile, self.role = profiles.of(tenant), role


def open_visit(
    channel: str,
    address: str,
    *,
    msisdn: str | None = None,
    language_hint: str = "",
    name: str = "",
) -> Visit:
    """Recognise whoever talks: by a phone the door proves, on Telegram by the account.

    `language_hint` is what the door guesses; what somebody chose counts for more.
    """
    person = people.by_telegram(int(address)) if channel == "telegram" else None
    if person is None and msisdn is not None:
        person = people.by_phone(msisdn)
    language = people.language_of(channel, address) if person is None else person.language
    offered = settings().app.languages
    if language not in offered:
        language = language_hint if language_hint in offered else offered[0]
    visit = Visit(channel, address, msisdn, language, name)
    if person is not None:
        visit.become(person)
    return visit
