"""The words of a send: typed or a template's, of which kind, in which letters, under which name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from core import text
from core.campaigns import lacking, placeholders, templates
from core.campaigns.audience import Audience
from core.contacts import free_fields
from core.dialogue.steps import Ask, Choose, Part
from core.flows.asking import Begin, Drawn, Pick, prose, typed
from core.flows.visits import Visit
from core.flows.wording import brief
from core.messaging import reach, senders
from core.messaging.errors import EmptyText, TextTooLong
from core.messaging.models import Category, SenderStatus
from core.messaging.preparing import SEGMENTS_MAX
from core.settings import settings
from core.tenants import fields

SIGNS_NAMED = 2
TEMPLATES_SHOWN = 60
NAME_MAX = 24


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be sent: words, or a template whose words they are.

    `params` are values for all who have none of their own.
    """

    body: str
    template_id: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)


def ask_words(
    visit: Visit,
    key: str = "send_text",
    parse: Callable[[str], str] | None = None,
    notice: str | None = None,
    begun: str | None = None,
) -> Part[str]:
    """Ask for a text, in as many parts as it takes; `notice` says why it is asked again.

    What was `begun` is not asked for.
    """

    def size(body: str) -> str:
        measured = text.measure(body)
        return visit.say(
            "Letters: {letters}. SMS: {segments}.",
            letters=measured.units,
            segments=measured.segments,
        )

    return (
        yield from typed(
            visit,
            key,
            _question(visit),
            parse or read_body,
            done=visit.say("Go on"),
            size=size,
            join=prose,
            notice=notice,
            begun=begun,
        )
    )


def _question(visit: Visit) -> str:
    if visit.is_small:
        return visit.say("Type the message, up to 80 letters at a time:")
    return visit.say("Type the message:")


def read_body(given: str) -> str:
    """Read a text. Raises: EmptyText, TextTooLong, InvalidText."""
    body = text.tidy(given).strip()
    if not body:
        raise EmptyText
    segments = text.measure(body).segments
    if segments > SEGMENTS_MAX:
        raise TextTooLong(segments=segments, limit=SEGMENTS_MAX)
    return body


def read_places(given: str) -> str:
    """Read a text with places to fill in. Raises: PlaceholderWrong, and what `read_body` raises."""
    body = read_body(given)
    placeholders.check(body)
    return body


def ask_said(
    visit: Visit,
    tenant_id: int,
    people: Audience,
    parse: Callable[[str], str] = read_places,
    *,
    again: str = "",
    notice: str | None = None,
) -> Part[Said]:
    """Ask for words, or for one of the templates where there are any, and for what that lacks.

    Once `again`, with a key of its own, and a notice that says why.
    """
    key = f"send_text{again and f'_{again}_'}"
    if not templates.listing(tenant_id, limit=1):
        return Said((yield from ask_words(visit, key, parse, notice)))
    first = yield from Begin(
        f"send_begin{again}",
        visit.say("Type the message:") if notice else _question(visit),  # both need their room
        parse,
        {"template": visit.say("Use a template")},
        by_number=visit.is_small,
        notice=notice,
    )
    if Begin.chosen(first) is None:
        return Said((yield from ask_words(visit, key, parse, begun=first)))
    template_id = yield from ask_template(visit, tenant_id, f"send_template{again}")
    said = Said(templates.one(tenant_id, template_id).message, template_id)
    return (yield from ask_lacking(visit, tenant_id, said, people, again))


def ask_lacking(
    visit: Visit, tenant_id: int, said: Said, people: Audience, again: str = ""
) -> Part[Said]:
    """Ask for what a template needs and nobody of these people has; mostly that is nothing."""
    if said.template_id is None:
        return said
    view = templates.one(tenant_id, said.template_id)
    names = lacking.names(tenant_id, view, people, params=said.params)

    def question(name: str) -> str:
        shown = brief(name, NAME_MAX)
        if len(people.to) == 1:
            return visit.say("Type {name}:", name=shown)
        return visit.say("Type {name}, the same for all:", name=shown)

    return (yield from ask_values(visit, said, {each: question(each) for each in names}, again))


def ask_values(
    visit: Visit, said: Said, questions: Mapping[str, str], again: str = ""
) -> Part[Said]:
    """Ask for values that stand in a template for all who have none; `questions` by their names."""
    params = dict(said.params)
    for at, (name, question) in enumerate(questions.items()):
        step = f"send_value{again}_{at}{placeholders.key(name)[:30]}"
        params[name] = yield from Ask(step, question, read_value, detail=said.body)
    return replace(said, params=params)


def read_value(given: str) -> str:
    """Read what fills a place. Raises: FieldMissing, FieldTooLong, FieldUnprintable."""
    return fields.line(given, "value", most=free_fields.VALUE_MAX)


def ask_template(visit: Visit, tenant_id: int, key: str) -> Part[str]:
    """Ask which template; gives its id."""

    def draw() -> Drawn:
        found = templates.listing(tenant_id, limit=TEMPLATES_SHOWN)
        return visit.say("Which template?"), {each.id: brief(each.name, NAME_MAX) for each in found}

    return (yield from Pick(key, draw, lambda chosen: templates.one(tenant_id, chosen)))


def ask_category(visit: Visit) -> Part[Category]:
    """Ask what kind of text it is; adverts have their hours."""
    rules = settings().rules
    kind = yield from Choose(
        "send_kind",
        visit.say("What is it?"),
        {
            "notice": visit.say("Notice or service"),
            "advert": visit.say(
                "Advert, sent {start}-{end}",
                start=rules.promotional_from,
                end=rules.promotional_until,
            ),
        },
    )
    return Category.PROMOTIONAL if kind == "advert" else Category.TRANSACTIONAL


def ask_sender(
    visit: Visit, tenant_id: int, category: Category, msisdn: str | None = None
) -> Part[str | None]:
    """Ask under which name to send, where a business has several of its own. None is the shared.

    To a single number only a name is taken that its operator has approved; to many, the shared one
    stands beside those that do not reach everybody.
    """
    own = [
        row.name
        for row in senders.listing(tenant_id)
        if row.status == SenderStatus.APPROVED.value and row.category == category.value
    ]
    closed = reach.closed(tenant_id) if own else {}
    if msisdn is not None:
        own = [name for name in own if not reach.beyond([msisdn], closed.get(name, reach.NOWHERE))]
        closed = {}
    options = {f"s{at}": _sender_label(visit, name, closed) for at, name in enumerate(own)}
    if any(name in closed for name in own):
        options["shared"] = settings().onfon.sender_id
    if len(options) < 2:
        return own[0] if own else None
    chosen = yield from Choose("send_sender", visit.say("Send as:"), options)
    return None if chosen == "shared" else own[int(chosen.removeprefix("s"))]


def _sender_label(visit: Visit, name: str, closed: Mapping[str, Collection[str]]) -> str:
    if name not in closed:
        return name
    operator = reach.named(closed[name])
    return visit.say("{sender} (not {operator})", sender=name, operator=operator)


def ask_spelling(visit: Visit, body: str, again: str = "") -> Part[bool]:
    """Offer plain letters where others make a text dearer. Gives whether they are wanted."""
    saving = text.rewrite_saving(body)
    if saving.after >= saving.before:
        return False
    question = visit.say(
        "{signs} make this {before} SMS each. With plain letters it is {after}.",
        signs=signs(visit, body),
        before=saving.before,
        after=saving.after,
    )
    wanted = yield from Choose(
        f"send_plain{again}",
        question,
        {"plain": visit.say("Plain letters"), "keep": visit.say("Keep as it is")},
        detail=saving.text,
    )
    return wanted == "plain"


def is_dearer(body: str) -> bool:
    """Say whether characters outside GSM-7 make a text take more SMS than it would without them.

    >>> is_dearer("Habari 💇"), is_dearer("Karibu sana 💇 " * 6)
    (False, True)
    """
    plain = body
    for each in text.offenders(body):
        plain = plain.replace(each.character, "?")
    return text.measure(plain).segments < text.measure(body).segments


def signs(visit: Visit, body: str) -> str:
    """Name the characters that make a text dear, as they can be named here."""
    found = text.offenders(body)
    names = [
        brief(each.name, 24) if visit.is_small else f"{each.character} ({each.name})"
        for each in found[:SIGNS_NAMED]
    ]
    more = len(found) - len(names)
    return ", ".join(names) + (f" +{more}" if more else "")
