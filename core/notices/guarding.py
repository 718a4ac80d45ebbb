"""What a person is told when something about their access has changed, whoever changed it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.notices.notebook import Matter
from core.notices.saying import Nothing, Said, say
from core.settings import settings
from core.tenants import roles, rows
from core.tenants.models import Person, Role

PIN_SET = "A {app} PIN was set for this phone. If it was not you, contact us."
PIN_CHANGED = "Your {app} PIN was changed. If it was not you, contact us."
PIN_CLEARED = "Your {app} PIN was reset. Dial {code} and choose a new one."
PIN_LOCKED = "Your {app} PIN is locked after wrong tries. If it was not you, contact us."
LINKED = "Your {app} account was linked to a Telegram account. If it was not you, contact us."
JOINED = "{name} has joined {business} as {role}."
ROLE = "Your role at {business} is {role} now."
REMOVED = "You are no longer in the team of {business}."

# Told by SMS to the phone itself: whoever holds the chat may be the very one to be told of.
TO_THE_PHONE: Mapping[str, str] = MappingProxyType(
    {
        "person.pin_set": PIN_SET,
        "person.pin_changed": PIN_CHANGED,
        "person.pin_reset": PIN_CHANGED,
        "person.pin_cleared": PIN_CLEARED,
        "person.pin_locked": PIN_LOCKED,
        "person.telegram_linked": LINKED,
    }
)


def of_phone(sentence: str) -> Callable[[Matter, str], Said]:
    """Tell what happened to a PIN or an account."""

    def compose(matter: Matter, language: str) -> Said:
        own = settings()
        return say(language, sentence, {}, app=own.app.name, code=own.ussd.service_code)

    return compose


def of_team(sentence: str) -> Callable[[Matter, str], Said]:
    """Tell what happened in a team."""

    def compose(matter: Matter, language: str) -> Said:
        assert matter.tenant_id is not None
        about = Person.get_or_none(Person.id == matter.data["person"])
        if about is None:
            return Nothing("The person is gone.")
        given = matter.data.get("role")
        role = roles.name(Role(str(given)), language) if given else ""
        names = {"business": rows.get(matter.tenant_id).name, "name": about.name}
        return say(language, sentence, names, role=role)

    return compose
