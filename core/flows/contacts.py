"""Contacts and groups: added, looked up, imported; each group and who is in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core import phone
from core.contacts import consents, groups, membership
from core.contacts import contacts as book
from core.contacts.models import Contact
from core.database import transaction
from core.dialogue.steps import Ask, Choose, Flow, Once, Part
from core.errors import Invalid
from core.flows.asking import Agree, Drawn, Pick
from core.flows.consenting import ask_consent
from core.flows.contact_card import card, name_of, who
from core.flows.imports import import_
from core.flows.recipients import GroupEmpty, ask_numbers, sized
from core.flows.send import write_to
from core.flows.visits import Visit
from core.flows.wording import By, brief, business, by, entitled, somebody
from core.notices import exports
from core.tenants import fields, roles
from core.tenants.roles import Right

SHOWN = 60
NO_GROUP = "-"


class NothingFound(Invalid):
    """No contact has that in its name or number."""

    code = "no_contact_found"
    title = "No contact found"
    sentence = "No contact found. Try a shorter part."


def contacts(visit: Visit) -> Flow:
    """Keep the people and groups a business writes to."""
    tenant_id = business(visit).tenant_id
    choice = yield from Pick("contacts", lambda: _top(visit, tenant_id))
    if choice == "add":
        return (yield from _add(visit))
    if choice == "groups":
        return (yield from _groups(visit, tenant_id))
    if choice == "import":
        return (yield from import_(visit))
    if choice == "export":
        return (yield from _export(visit, tenant_id))
    wanted = ""
    if choice == "find":
        wanted = yield from ask_part(visit, "contacts_find", tenant_id)
    if not book.listing(tenant_id, limit=1):
        return visit.say("There are no contacts yet.")
    contact_id = yield from _pick(
        visit, lambda: book.listing(tenant_id, search=wanted, limit=SHOWN)
    )
    return (yield from card(visit, tenant_id, contact_id))


def _top(visit: Visit, tenant_id: int) -> Drawn:
    options = {
        "add": visit.say("Add a contact"),
        "list": visit.say("List"),
        "find": visit.say("Find"),
        "groups": visit.say("Groups"),
    }
    count = book.count(tenant_id)
    if _takes_files(visit):
        options["import"] = visit.say("Import a file")
        if count:
            options["export"] = visit.say("Export a file")
    return visit.say("Contacts: {count}", count=f"{count:,}"), options


def _takes_files(visit: Visit) -> bool:
    """Whether files can be sent and had here, by somebody who keeps contacts."""
    return not visit.is_small and roles.may(visit.role, Right.CONTACTS)


def _export(visit: Visit, tenant_id: int, group_id: str = "") -> Flow:
    """Have a file of all contacts, or of a group's, brought into the person's own chat."""
    person = somebody(visit)

    def order(once: str) -> str:
        by = {"actor": visit.actor, "channel": visit.channel}
        exports.ask(person.id, tenant_id, group_id, once=once, **by)
        return "ok"

    yield from Once("contacts_exported", order)
    return visit.say("The file is being made. It comes into this chat.")


def ask_part(visit: Visit, key: str, tenant_id: int) -> Part[str]:
    """Ask for a part of a name or number that somebody has."""
    question = visit.say("Part of the name or number:")
    return (yield from Ask(key, question, lambda text: _search(tenant_id, text)))


def _search(tenant_id: int, text: str) -> str:
    """Read what is looked for. Raises: NothingFound."""
    wanted = text[:40]
    if not book.listing(tenant_id, search=wanted, limit=1):
        raise NothingFound
    return wanted


def _pick(visit: Visit, find: Callable[[], list[Contact]]) -> Part[str]:
    def draw() -> Drawn:
        found = find()
        question = visit.say("Which contact?")
        if len(found) == SHOWN:
            question = visit.say("The first {count}. Use Find for others.", count=SHOWN)
        return question, {each.id: _label(each) for each in found}

    return (yield from Pick("contacts_which", draw))


def _label(contact: Contact) -> str:
    number = who(contact) if not contact.name else phone.pretty(contact.msisdn)
    return f"{brief(contact.name, 18)} {number}".strip()


def _add(visit: Visit) -> Flow:
    profile = entitled(visit, Right.CONTACTS)
    msisdn = yield from Ask("contacts_number", visit.say("Phone number:"), phone.parse)
    name = yield from Ask("contacts_name", visit.say("Name:"), name_of)
    group_id = NO_GROUP
    if groups.exist(profile.tenant_id):
        group_id = yield from Pick("contacts_into", lambda: _into(visit, profile.tenant_id))
    consent = yield from ask_consent(visit, "contacts")
    yield from Once(
        "contacts_add",
        lambda once: _put(visit, profile.tenant_id, msisdn, name, group_id, consent),
    )
    return visit.say("Saved: {name}, {phone}.", name=brief(name, 40), phone=phone.pretty(msisdn))


def _into(visit: Visit, tenant_id: int) -> Drawn:
    options = {NO_GROUP: visit.say("No group")}
    options |= {each.id: brief(each.name, 24) for each in groups.names(tenant_id, limit=SHOWN)}
    return visit.say("Into which group?"), options


def _put(
    visit: Visit,
    tenant_id: int,
    msisdn: str,
    name: str,
    group_id: str,
    consent: consents.Given | None,
) -> str:
    who_acts = _by(visit, tenant_id)
    with transaction():
        contact, _ = book.put(tenant_id, msisdn, name, consent=consent, **who_acts)
        if group_id != NO_GROUP:
            groups.add(tenant_id, group_id, contact.id, **who_acts)
    return "ok"


def _join(visit: Visit, tenant_id: int, group_id: str, msisdns: Sequence[str]) -> str:
    membership.add(tenant_id, group_id, numbers=msisdns, **_by(visit, tenant_id))
    return "ok"


def _groups(visit: Visit, tenant_id: int) -> Flow:
    may = roles.may(visit.role, Right.CONTACTS)
    if not may and not groups.exist(tenant_id):
        return visit.say("There are no groups yet.")

    def draw() -> Drawn:
        options = {"new": visit.say("New group")} if may else {}
        options |= {each.id: sized(each) for each in groups.names(tenant_id, limit=SHOWN)}
        return visit.say("Groups"), options

    choice = yield from Pick("groups", draw)
    if choice == "new":
        return (yield from _new_group(visit, tenant_id))
    return (yield from _group(visit, tenant_id, choice))


def _new_group(visit: Visit, tenant_id: int) -> Flow:
    name = yield from Ask("group_name", visit.say("Name of the group:"), _group_name)
    yield from Once("group_made", lambda once: _make(visit, tenant_id, name))
    return visit.say("Group {name} is there. Add people to it under Contacts.", name=name)


def _group_name(text: str) -> str:
    return fields.line(text, "name", most=groups.NAME_MAX)


def _make(visit: Visit, tenant_id: int, name: str) -> str:
    made, _ = groups.create(tenant_id, name, **_by(visit, tenant_id))
    return str(made.id)


def _group(visit: Visit, tenant_id: int, group_id: str) -> Flow:
    group = groups.one(tenant_id, group_id)
    options = {"members": visit.say("List")}
    if roles.may(visit.role, Right.CONTACTS):
        options["add"] = visit.say("Add people")
        options["remove"] = visit.say("Remove the group")
    if roles.may(visit.role, Right.SEND):
        options["send"] = visit.say("Send SMS")
    if group.size and _takes_files(visit):
        options["export"] = visit.say("Export a file")
    choice = yield from Choose("group", sized(group), options)
    if choice == "send":
        return (yield from write_to(visit, group_id))
    if choice == "export":
        return (yield from _export(visit, tenant_id, group_id))
    if choice == "add":
        msisdns = yield from ask_numbers(visit, "group_numbers")
        yield from Once("group_added", lambda once: _join(visit, tenant_id, group_id, msisdns))
        return visit.say(
            "Put into {name}: {count}.", count=len(msisdns), name=brief(group.name, 30)
        )
    if choice == "remove":
        return (yield from _ungroup(visit, tenant_id, group_id, brief(group.name, 30)))
    if not groups.members(tenant_id, group_id, limit=1):
        raise GroupEmpty
    contact_id = yield from _pick(visit, lambda: groups.members(tenant_id, group_id, limit=SHOWN))
    return (yield from card(visit, tenant_id, contact_id))


def _ungroup(visit: Visit, tenant_id: int, group_id: str, name: str) -> Flow:
    question = visit.say("Remove the group {name}? Its contacts stay.", name=name)
    if (yield from Agree("group_remove_sure", question, visit, group_id)) != "yes":
        return visit.say("Nothing has changed.")
    yield from Once("group_removed", lambda once: _dissolve(visit, tenant_id, group_id))
    return visit.say("{name} is removed.", name=name)


def _dissolve(visit: Visit, tenant_id: int, group_id: str) -> str:
    groups.remove(tenant_id, group_id, **_by(visit, tenant_id))
    return "ok"


def _by(visit: Visit, tenant_id: int) -> By:
    return by(visit, tenant_id, Right.CONTACTS)
