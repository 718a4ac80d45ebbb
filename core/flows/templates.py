"""Templates: read, made, changed, removed, tried against somebody real."""

from __future__ import annotations

from core import text
from core.campaigns import placeholders, templates
from core.campaigns.templates import View
from core.contacts import contacts as book
from core.dialogue.steps import Ask, Choose, Flow, Once, Part
from core.flows.asking import Agree, Drawn, Pick, prose, typed
from core.flows.contact_card import who
from core.flows.contacts import ask_part
from core.flows.language import NAMES
from core.flows.visits import Visit
from core.flows.wording import By, brief, business, by
from core.messaging.errors import EmptyText
from core.settings import settings
from core.tenants import fields, roles
from core.tenants.roles import Right

SHOWN = 60
BODY_SMALL = 60
TRIED_SMALL = 110
CONTACTS_SHOWN = 20
FIND = "find"


def templates_(visit: Visit) -> Flow:
    """List the templates; read one, or make another."""
    tenant_id = business(visit).tenant_id
    may = roles.may(visit.role, Right.SEND)
    if not may and not templates.listing(tenant_id, limit=1):
        return visit.say("There are no templates yet.")

    def draw() -> Drawn:
        options = {"new": visit.say("New template")} if may else {}
        found = templates.listing(tenant_id, limit=SHOWN)
        return visit.say("Templates"), options | {each.id: brief(each.name, 24) for each in found}

    chosen = yield from Pick("templates", draw)
    if chosen == "new":
        return (yield from _new(visit, tenant_id))
    return (yield from _one(visit, tenant_id, chosen))


def _one(visit: Visit, tenant_id: int, template_id: str) -> Flow:
    """One template, and what can be done with it."""
    view = templates.one(tenant_id, template_id)
    options = {"read": visit.say("Read it")} if visit.is_small else {}
    if book.count(tenant_id, at_most=1):
        options["try"] = visit.say("Try it")
    if roles.may(visit.role, Right.SEND):
        options |= {"change": visit.say("Change"), "remove": visit.say("Remove")}
    if not options:
        return _whole(visit, view)
    told = brief(view.name, 30) if visit.is_small else _whole(visit, view)
    choice = yield from Choose("template", told, options)
    match choice:
        case "read":
            return view.message
        case "try":
            return (yield from _try(visit, tenant_id, view))
        case "change":
            body = yield from _words(visit, "template_text")
            language = yield from _language(visit, view)
            yield from Once(
                "template_changed", lambda once: _change(visit, tenant_id, view, body, language)
            )
            return visit.say("Saved as version {version}.", version=view.version + 1)
        case _:
            return (yield from _remove(visit, tenant_id, view))


def _whole(visit: Visit, view: View) -> str:
    """A template with all its words, each language under its name."""
    head = visit.say("{name}, version {version}", name=brief(view.name, 40), version=view.version)
    if len(view.bodies) == 1:
        return f"{head}\n\n{view.message}"
    blocks = [f"{NAMES.get(each, each)}:\n{body}" for each, body in view.bodies.items()]
    return "\n\n".join([head, *blocks])


def _new(visit: Visit, tenant_id: int) -> Flow:
    name = yield from Ask("template_name", visit.say("A name for the template:"), _name)
    body = yield from _words(visit, "template_text")
    yield from Once("template_made", lambda once: _make(visit, tenant_id, name, body))
    return visit.say(
        "Template {name} is there. Use it when you send to many.", name=brief(name, 30)
    )


def _words(visit: Visit, key: str) -> Part[str]:
    question = visit.say("The text; {example} is the name:", example="{{name}}")
    return (
        yield from typed(
            visit,
            key,
            question,
            _body,
            done=visit.say("Save"),
            size=lambda body: visit.say(
                "Letters: {letters}. SMS: {segments}.",
                letters=text.measure(body).units,
                segments=text.measure(body).segments,
            ),
            join=prose,
        )
    )


def _language(visit: Visit, view: View) -> Part[str]:
    """Ask which language's words are written, where there is a choice."""
    offered = settings().app.languages
    options = {each: NAMES.get(each, each) for each in offered}
    question = visit.say("In which language is it?")
    return (yield from Choose("template_language", question, options))


def _try(visit: Visit, tenant_id: int, view: View) -> Flow:
    """Show what one of the contacts would get."""

    def draw(wanted: str = "") -> Drawn:
        found = book.listing(tenant_id, search=wanted, limit=CONTACTS_SHOWN)
        more = {FIND: visit.say("Find")} if not wanted and len(found) == CONTACTS_SHOWN else {}
        return visit.say("For whom?"), more | {each.id: who(each, 24) for each in found}

    contact_id = yield from Pick("template_for", draw)
    if contact_id == FIND:
        part = yield from ask_part(visit, "template_find", tenant_id)
        contact_id = yield from Pick("template_found", lambda: draw(part))
    shown = templates.preview(tenant_id, view.id, contact_id=contact_id)
    lines = [brief(shown.text, TRIED_SMALL) if visit.is_small else shown.text]
    lines.append(visit.say("{segments} SMS.", segments=shown.segments))
    if shown.missing:
        named = brief(", ".join(shown.missing), 30)
        lines.append(visit.say("Without a value: {names}", names=named))
    return "\n".join(lines)


def _remove(visit: Visit, tenant_id: int, view: View) -> Flow:
    question = visit.say("Remove the template {name}?", name=brief(view.name, 40))
    if (yield from Agree("template_sure", question, visit, view.id)) != "yes":
        return visit.say("Nothing has changed.")
    yield from Once("template_removed", lambda once: _drop(visit, tenant_id, view.id))
    return visit.say("{name} is removed.", name=brief(view.name, 30))


def _name(given: str) -> str:
    return fields.line(given, "name", most=templates.NAME_MAX)


def _body(given: str) -> str:
    """Read the words of a template. Raises: EmptyText, TemplateTooLong, PlaceholderWrong."""
    body = text.tidy(given).strip()
    if not body:
        raise EmptyText
    if len(body) > templates.BODY_MAX:
        raise templates.TemplateTooLong(most=templates.BODY_MAX)
    placeholders.check(body)
    return body


def _by(visit: Visit, tenant_id: int) -> By:
    return by(visit, tenant_id, Right.SEND)


def _make(visit: Visit, tenant_id: int, name: str, body: str) -> str:
    spoken = visit.language
    made = templates.create(
        tenant_id, name, {spoken: body}, language=spoken, **_by(visit, tenant_id)
    )
    return made.id


def _change(visit: Visit, tenant_id: int, view: View, body: str, language: str) -> str:
    templates.change(tenant_id, view.id, bodies={language: body}, **_by(visit, tenant_id))
    return "ok"


def _drop(visit: Visit, tenant_id: int, template_id: str) -> str:
    templates.remove(tenant_id, template_id, **_by(visit, tenant_id))
    return "ok"
