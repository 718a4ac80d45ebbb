"""One contact: what is known of them, and what can be changed, blocked or forgotten."""

from __future__ import annotations

from collections.abc import Mapping

from core import phone
from core.contacts import contacts as book
from core.contacts import free_fields, groups
from core.contacts.models import Contact, ContactStatus
from core.dialogue.screens import Option
from core.dialogue.steps import Ask, Choose, Flow, Once
from core.flows.asking import Agree, sign
from core.flows.recipients import ask_group
from core.flows.visits import Visit
from core.flows.wording import By, brief, by
from core.messaging import optouts
from core.messaging.models import Category
from core.privacy import erasing
from core.tenants import fields, roles
from core.tenants.roles import Right

NEW, NONE = "new", "-"
WANTS_NO_SMS = "Wants no SMS"
WANTS_NO: Mapping[str, str] = {
    Category.PROMOTIONAL.value: "Wants no adverts",
    Category.TRANSACTIONAL.value: "Wants no notices",
}
STANDINGS: Mapping[str, str] = {
    ContactStatus.BLOCKED.value: "Blocked",
    ContactStatus.ERASED.value: "Erased",
}


def card(visit: Visit, tenant_id: int, contact_id: str) -> Flow:
    """One contact, and what can be done with it."""
    contact = book.one(tenant_id, contact_id)
    inside = groups.of_contact(tenant_id, contact_id)
    told = _told(visit, contact, [group.name for group in inside])
    is_living = contact.status != ContactStatus.ERASED.value
    if not roles.may(visit.role, Right.CONTACTS) or not is_living:
        return told
    is_blocked = contact.status == ContactStatus.BLOCKED.value
    options = {"group": visit.say("Put into a group")}
    if inside:
        options["ungroup"] = visit.say("Take out of a group")
    options |= {
        "name": visit.say("Change the name"),
        "fields": visit.say("Details"),
        "unblock" if is_blocked else "block": visit.say("Unblock" if is_blocked else "Block"),
        "remove": visit.say("Remove"),
        "erase": visit.say("Erase all about them"),
    }
    choice = yield from Choose("contact", told, options)
    match choice:
        case "remove":
            return (yield from _remove(visit, tenant_id, contact))
        case "erase":
            return (yield from _erase(visit, tenant_id, contact))
        case "block":
            return (yield from _block(visit, tenant_id, contact))
        case "unblock":
            yield from Once(
                "contact_unblocked", lambda once: _unblock(visit, tenant_id, contact_id)
            )
            return visit.say("Unblocked. Opt-outs of their own still count.")
        case "name":
            return (yield from _rename(visit, tenant_id, contact))
        case "fields":
            return (yield from _fields(visit, tenant_id, contact))
        case "group":
            group_id = yield from ask_group(visit, "contact_into", tenant_id)
            yield from Once(
                "contact_added",
                lambda once: _move(visit, tenant_id, group_id, contact_id, into=True),
            )
        case _:
            names = {group.id: brief(group.name, 24) for group in inside}
            group_id = yield from Choose("contact_out_of", visit.say("Which group?"), names)
            yield from Once(
                "contact_dropped",
                lambda once: _move(visit, tenant_id, group_id, contact_id, into=False),
            )
    return visit.say("Done.")


def who(contact: Contact, most: int = 30) -> str:
    """Name a contact, by the number where there is no name."""
    return brief(contact.name, most) or _number(contact)


def _number(contact: Contact) -> str:
    known = str(contact.msisdn)
    return phone.pretty(known) if known.isdigit() else "-"


def _told(visit: Visit, contact: Contact, inside: list[str]) -> str:
    lines = [brief(contact.name, 40), _number(contact)]
    if said := _standing(contact):
        lines.append(visit.say(said))
    if inside:
        lines.append(brief(", ".join(inside), 60))
    if not visit.is_small:
        lines += [f"{name}: {value}" for name, value in known_fields(contact).items()]
    return "\n".join(line for line in lines if line)


def _standing(contact: Contact) -> str | None:
    """Say what a contact gets no more of, and why."""
    if contact.status != ContactStatus.OPTED_OUT.value:
        return STANDINGS.get(contact.status)
    out = optouts.standing(contact.tenant_id, contact.msisdn)
    return WANTS_NO[next(iter(out))] if len(out) == 1 else WANTS_NO_SMS


def known_fields(contact: Contact) -> dict[str, str]:
    """Read what is noted of a contact beside name and number."""
    return free_fields.load(contact.fields)


def _fields(visit: Visit, tenant_id: int, contact: Contact) -> Flow:
    """Show the fields of a contact; change one, or add another."""
    known = known_fields(contact)
    names = {f"f{at}": name for at, name in enumerate(sorted(known))}
    options = [Option(NEW, visit.say("New detail"))]
    options += [
        Option(key, f"{brief(name, 16)}: {brief(known[name], 20)}") for key, name in names.items()
    ]
    question = visit.say("Details of {name}. Templates call them by name.", name=who(contact, 20))
    chosen = yield from Choose("contact_field", question, options)
    if chosen == NEW:
        question = visit.say("Name of the detail, such as Balance:")
        name = yield from Ask("contact_field_name", question, _field_name)
    else:
        name = names[chosen]
    question = visit.say(
        "{field} of {name} (- for none):", field=brief(name, 20), name=who(contact)
    )
    value = yield from Ask("contact_field_value", question, _field_value)
    yield from Once(
        "contact_noted",
        lambda once: _note(visit, tenant_id, contact.id, name, None if value == NONE else value),
    )
    return visit.say("Saved.")


def _field_name(text: str) -> str:
    return next(iter(free_fields.read({text.strip(): "x"})))


def _field_value(text: str) -> str:
    value = text.strip()
    return value if value == NONE else fields.line(value, "fields", most=free_fields.VALUE_MAX)


def _rename(visit: Visit, tenant_id: int, contact: Contact) -> Flow:
    name = yield from Ask("contact_name", visit.say("Name:"), name_of)
    yield from Once("contact_renamed", lambda once: _call(visit, tenant_id, contact.id, name))
    return visit.say("Saved.")


def name_of(text: str) -> str:
    """Read a contact's name. Raises: FieldMissing and its kin."""
    return fields.line(text, "name", most=book.NAME_MAX)


def _block(visit: Visit, tenant_id: int, contact: Contact) -> Flow:
    question = visit.say("Block {name}? They get no SMS from you at all.", name=who(contact))
    if (yield from Agree("contact_block_sure", question, visit, contact.id)) != "yes":
        return visit.say("Nothing has changed.")
    yield from Once("contact_blocked", lambda once: _stop(visit, tenant_id, contact.id))
    return visit.say("{name} is blocked.", name=who(contact))


def _remove(visit: Visit, tenant_id: int, contact: Contact) -> Flow:
    question = visit.say("Remove {name} from your contacts and groups?", name=who(contact))
    if (yield from Agree("contact_remove_sure", question, visit, contact.id)) != "yes":
        return visit.say("Nothing has changed.")
    yield from Once("contact_removed", lambda once: _drop(visit, tenant_id, contact.id))
    return visit.say("{name} is removed.", name=who(contact))


def _erase(visit: Visit, tenant_id: int, contact: Contact) -> Flow:
    """Forget somebody for good: it cannot be undone, so it takes the PIN where there is one."""
    question = visit.say(
        "Erase {name}? Name, number and their SMS are blanked for good.", name=who(contact, 20)
    )
    if (yield from Agree("contact_erase_sure", question, visit, contact.id)) != "yes":
        return visit.say("Nothing has changed.")
    yield from sign(visit, "contact_erase_pin")
    yield from Once("contact_erased", lambda once: _forget(visit, tenant_id, contact.id))
    return visit.say("Erased. Their opt-outs still count.")


# The acts, each for whoever may keep contacts.


def _by(visit: Visit, tenant_id: int) -> By:
    return by(visit, tenant_id, Right.CONTACTS)


def _move(visit: Visit, tenant_id: int, group_id: str, contact_id: str, *, into: bool) -> bool:
    act = groups.add if into else groups.drop
    return act(tenant_id, group_id, contact_id, **_by(visit, tenant_id))


def _note(visit: Visit, tenant_id: int, contact_id: str, name: str, value: str | None) -> str:
    book.change(tenant_id, contact_id, extra={name: value}, **_by(visit, tenant_id))
    return "ok"


def _call(visit: Visit, tenant_id: int, contact_id: str, name: str) -> str:
    book.change(tenant_id, contact_id, name=name, **_by(visit, tenant_id))
    return "ok"


def _stop(visit: Visit, tenant_id: int, contact_id: str) -> str:
    optouts.block(tenant_id, contact_id, **_by(visit, tenant_id))
    return "ok"


def _unblock(visit: Visit, tenant_id: int, contact_id: str) -> str:
    optouts.unblock(tenant_id, contact_id, **_by(visit, tenant_id))
    return "ok"


def _drop(visit: Visit, tenant_id: int, contact_id: str) -> str:
    book.remove(tenant_id, contact_id, **_by(visit, tenant_id))
    return "ok"


def _forget(visit: Visit, tenant_id: int, contact_id: str) -> str:
    erasing.erase(tenant_id, contact_id, **_by(visit, tenant_id))
    return "ok"
