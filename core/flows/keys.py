"""API keys, in Telegram alone: a secret has no place on a screen that anybody may read."""

from __future__ import annotations

from core.dialogue.screens import Done
from core.dialogue.steps import Ask, Choose, Flow, Once
from core.errors import NotAllowed
from core.flows.asking import Agree, Drawn, Pick
from core.flows.visits import Visit
from core.flows.wording import By, brief, by, entitled
from core.tenants import fields, keys
from core.tenants.keys import Mode
from core.tenants.profiles import Profile
from core.tenants.roles import Right

SHOWN = 20


class KeysElsewhere(NotAllowed):
    """Keys are asked for where they cannot be shown."""

    code = "keys_elsewhere"
    title = "Keys are shown in Telegram"
    sentence = "API keys are shown in Telegram only. Open our bot there and send /keys."


def keys_(visit: Visit) -> Flow:
    """Make, replace and end keys. A new one is shown once."""
    profile = entitled(visit, Right.KEYS)
    if visit.channel != "telegram":
        raise KeysElsewhere
    choice = yield from Pick("keys", lambda: _listed(visit, profile))
    if choice in ("live", "test"):
        return (yield from _new(visit, profile, "live" if choice == "live" else "test"))
    return (yield from _old(visit, profile, choice))


def _listed(visit: Visit, profile: Profile) -> Drawn:
    options = {"live": visit.say("New live key"), "test": visit.say("New test key")}
    for row in keys.listing(profile.tenant_id, limit=SHOWN):
        if row.revoked_at is None:
            options[row.id] = f"{brief(row.name, 20)} {row.hint}"
    return visit.say("API keys"), options


def _new(visit: Visit, profile: Profile, mode: Mode) -> Flow:
    name = yield from Ask("key_name", visit.say("A name for the key, such as Website:"), _name)
    question = (
        visit.say("Make the live key {name}? It spends real money.", name=name)
        if mode == "live"
        else visit.say("Make the test key {name}? It spends play money only.", name=name)
    )
    if (yield from Agree("key_sure", question, visit, mode, name)) != "yes":
        return visit.say("Nothing has changed.")
    secret = yield from Once("key_made", lambda once: _make(visit, profile, name, mode, once))
    return _shown(visit, secret)


def _old(visit: Visit, profile: Profile, key_id: str) -> Flow:
    row = keys.one(profile.tenant_id, key_id)
    told = f"{brief(row.name, 40)}\n{row.hint}"
    choice = yield from Choose(
        "key",
        told,
        {"rotate": visit.say("Replace by a new one"), "revoke": visit.say("End it now")},
    )
    question = (
        visit.say("Replace {hint}? The old one works for another day.", hint=row.hint)
        if choice == "rotate"
        else visit.say("End {hint}? Whatever uses it stops at once.", hint=row.hint)
    )
    if (yield from Agree("key_sure", question, visit, choice, key_id)) != "yes":
        return visit.say("Nothing has changed.")
    if choice == "rotate":
        secret = yield from Once("key_rotated", lambda once: _rotate(visit, profile, key_id))
        return _shown(visit, secret)
    yield from Once("key_revoked", lambda once: _revoke(visit, profile, key_id))
    return visit.say("{hint} has ended.", hint=row.hint)


def _name(text: str) -> str:
    return fields.line(text, "name", most=40)


def _shown(visit: Visit, secret: str) -> Done:
    return Done(
        visit.say("Your key. Copy it now: it is not shown again."),
        secret=secret,
    )


def _make(visit: Visit, profile: Profile, name: str, mode: Mode, once: str) -> str:
    _, secret = keys.create(
        profile.tenant_id, name, mode=mode, once=f"chat:{once}", **_by(visit, profile)
    )
    return secret


def _rotate(visit: Visit, profile: Profile, key_id: str) -> str:
    _, secret = keys.rotate(profile.tenant_id, key_id, **_by(visit, profile))
    return secret


def _revoke(visit: Visit, profile: Profile, key_id: str) -> str:
    keys.revoke(profile.tenant_id, key_id, **_by(visit, profile))
    return "ok"


def _by(visit: Visit, profile: Profile) -> By:
    return by(visit, profile.tenant_id, Right.KEYS)
