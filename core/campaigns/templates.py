"""A business's templates: named texts with places to fill in, of which every version is kept.

Every act takes the business first. A campaign remembers the version it was made of, so a change
never reaches what has been priced or sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import peewee

from core import clock, ids, text
from core.campaigns import audience, placeholders, wording
from core.campaigns.audience import Recipient
from core.campaigns.models import Campaign, Template, TemplateVersion
from core.database import transaction
from core.errors import Conflict, Invalid, NotFound
from core.messaging.errors import EmptyText
from core.messaging.models import Category
from core.tenants import audit, fields, rows

NAME_MAX = 60
TEMPLATES_MAX = 500
# Ten segments of plain text, and room for the names of the places.
BODY_MAX = 2000


class TemplateNotFound(NotFound):
    """No such template, or another business's."""

    code = "template_not_found"
    title = "Template not found"
    sentence = "There is no such template. It may have been removed."


class VersionNotFound(NotFound):
    """The template is there, and has no version of that number."""

    code = "template_version_not_found"
    title = "No such version"
    sentence = "This template has no version {version}. Its latest is {latest}."
    field = "version"


class TemplateNameTaken(Conflict):
    """Another template has the name."""

    code = "template_name_taken"
    title = "Template name taken"
    sentence = "You have a template called {name} already. Choose another name, or change that one."


class TooManyTemplates(Conflict):
    """One business has as many templates as it can."""

    code = "too_many_templates"
    title = "Too many templates"
    sentence = "You have {most} templates, the most there can be. Remove one first."


class TemplateTooLong(Invalid):
    """More than any text could be."""

    code = "template_too_long"
    title = "Template too long"
    sentence = "A template has at most {most} characters. Shorten it."
    field = "message"


class NoWordsIn(Invalid):
    """The language for everybody else has no words."""

    code = "no_words_in_language"
    title = "No words in a language"
    sentence = "There are no words in {language}. Write them, or choose a language that has some."
    field = "language"


@dataclass(frozen=True, slots=True)
class View:
    """A template with the words of one of its versions, by language."""

    id: str
    name: str
    version: int
    language: str
    bodies: Mapping[str, str]
    names: tuple[str, ...]
    template: Template

    @property
    def message(self) -> str:
        """The words for those whose language has none of its own."""
        return self.bodies[self.language]


@dataclass(frozen=True, slots=True)
class Preview:
    """What somebody would get. `missing` names the places that stay empty, still to be seen."""

    text: str
    language: str
    encoding: str
    segments: int
    missing: list[str]


def create(
    tenant_id: int,
    name: str,
    bodies: Mapping[str, str],
    *,
    language: str | None = None,
    actor: str,
    channel: str,
) -> View:
    """Keep words under a name: a text by language, and the language of everybody else.

    Raises: NotFound, FieldMissing and its kin, UnknownLanguage, NoWordsIn, EmptyText,
    TemplateTooLong, PlaceholderWrong, InvalidText, TemplateNameTaken, TooManyTemplates.
    """
    plain = fields.line(name, "name", most=NAME_MAX)
    spoken = _spoken(language, bodies)
    written = _bodies(bodies, spoken)
    now = clock.now()
    with transaction():
        if rows.locked(tenant_id) is None:
            raise NotFound
        _free(tenant_id, plain)
        if of(tenant_id).count() >= TEMPLATES_MAX:
            raise TooManyTemplates(most=TEMPLATES_MAX)
        made = Template.create(
            id=ids.new("tpl"),
            tenant_id=tenant_id,
            name=plain,
            name_key=plain.casefold(),
            version=1,
            created_at=now,
            updated_at=now,
        )
        _keep(made.id, 1, spoken, written, actor)
        audit.record(
            tenant_id, actor, channel, "template.created", subject=made.id, after={"name": plain}
        )
    return one(tenant_id, made.id)


def change(
    tenant_id: int,
    template_id: str,
    *,
    name: str | None = None,
    bodies: Mapping[str, str | None] | None = None,
    language: str | None = None,
    actor: str,
    channel: str,
) -> View:
    """Rename a template, or keep other words as its next version; what is None stays.

    Of `bodies` a language that is not there stays as it is, and None takes one away. Words that are
    what they were make no version. Raises: TemplateNotFound, and what `create` does.
    """
    plain = None if name is None else fields.line(name, "name", most=NAME_MAX)
    with transaction():
        # One change after the other, so that each version has a number of its own.
        if rows.locked(tenant_id) is None:
            raise NotFound
        before = one(tenant_id, template_id)
        if plain is not None and plain != before.name:
            _free(tenant_id, plain, but=template_id)
        merged = {**before.bodies, **(bodies or {})}
        spoken = before.language if language is None else fields.language(language)
        kept = {each: body for each, body in merged.items() if body is not None}
        written = _bodies(kept, spoken)
        is_new = written != before.bodies or spoken != before.language
        version = before.version + is_new
        if is_new:
            _keep(template_id, version, spoken, written, actor)
        Template.update(
            name=plain or before.name,
            name_key=(plain or before.name).casefold(),
            version=version,
            updated_at=clock.now(),
        ).where(Template.id == template_id).execute()
        audit.record(
            tenant_id,
            actor,
            channel,
            "template.changed",
            subject=template_id,
            before={"name": before.name, "version": before.version},
            after={"name": plain or before.name, "version": version},
        )
    return one(tenant_id, template_id)


def remove(tenant_id: int, template_id: str, *, actor: str, channel: str) -> None:
    """Remove a template; campaigns that were made of it keep their words.

    Raises: TemplateNotFound.
    """
    with transaction():
        found = one(tenant_id, template_id)
        gone = (
            Template.update(removed_at=clock.now())
            .where(Template.id == template_id, Template.removed_at.is_null())
            .execute()
        )
        if gone:
            audit.record(
                tenant_id,
                actor,
                channel,
                "template.removed",
                subject=template_id,
                before={"name": found.name},
            )


def one(tenant_id: int, template_id: str, *, version: int | None = None) -> View:
    """Find a template, as it is or as it was in a version.

    Raises: TemplateNotFound, VersionNotFound.
    """
    found: Template | None = of(tenant_id).where(Template.id == template_id).first()
    if found is None:
        raise TemplateNotFound
    words = TemplateVersion.get_or_none(
        TemplateVersion.template_id == template_id,
        TemplateVersion.version == (found.version if version is None else version),
    )
    if words is None:
        raise VersionNotFound(version=version, latest=found.version)
    return _view(found, words)


def find(tenant_id: int, given: str) -> View:
    """Find a template by its id or its name. Raises: TemplateNotFound."""
    if ids.kind(given) == "tpl":
        return one(tenant_id, given)
    named: Template | None = of(tenant_id).where(Template.name_key == given.casefold()).first()
    if named is None:
        raise TemplateNotFound
    return one(tenant_id, named.id)


def listing(tenant_id: int, *, after: str | None = None, limit: int = 50) -> list[View]:
    """List a business's templates as they are, newest first; `after` is the last one seen."""
    query = of(tenant_id)
    if after is not None:
        query = query.where(Template.id < after)
    found = list(query.order_by(Template.id.desc()).limit(limit))
    latest = (
        TemplateVersion.select()
        .join(
            Template,
            on=(TemplateVersion.template_id == Template.id)
            & (TemplateVersion.version == Template.version),
        )
        .where(Template.id.in_([row.id for row in found]))
    )
    words = {row.template_id: row for row in latest}
    # One that was changed in between is simply read again.
    return [
        _view(row, words[row.id]) if row.id in words else one(tenant_id, row.id) for row in found
    ]


def versions(
    tenant_id: int, template_id: str, *, after: int | None = None, limit: int = 50
) -> list[TemplateVersion]:
    """List the versions of a template, newest first; `after` is the last one seen.

    Raises: TemplateNotFound.
    """
    one(tenant_id, template_id)
    query = TemplateVersion.select().where(TemplateVersion.template_id == template_id)
    if after is not None:
        query = query.where(TemplateVersion.version < after)
    return list(query.order_by(TemplateVersion.version.desc()).limit(limit))


def preview(
    tenant_id: int,
    template_id: str,
    *,
    contact_id: str | None = None,
    params: Mapping[str, str] | None = None,
    category: Category = Category.TRANSACTIONAL,
    version: int | None = None,
) -> Preview:
    """Show what a contact would get, or with none somebody of whom nothing is known.

    Raises: TemplateNotFound, VersionNotFound, ContactNotFound.
    """
    view = one(tenant_id, template_id, version=version)
    words = wording.Wording(view.bodies, view.language, params=params, category=category)
    who = Recipient(None, "254700000000")
    if contact_id is not None:
        who = audience.contact(tenant_id, contact_id)
    shown = words.shown(who)
    measured = text.measure(shown)
    return Preview(
        shown,
        words.language(who),
        measured.encoding,
        measured.segments,
        words.missing(who),
    )


def of(tenant_id: int) -> peewee.ModelSelect[Template]:
    """Every query starts here: a business's own templates that it has not removed."""
    return Template.select().where(Template.tenant_id == tenant_id, Template.removed_at.is_null())


def _free(tenant_id: int, name: str, *, but: str = "") -> None:
    """Refuse a name that another template has; the tenant is locked. Raises: TemplateNameTaken."""
    same = of(tenant_id).where(Template.name_key == name.casefold(), Template.id != but)
    if same.exists():
        raise TemplateNameTaken(name=name)


def _spoken(language: str | None, bodies: Mapping[str, str]) -> str:
    """Find the language of those who have none of the bodies'. Raises: UnknownLanguage."""
    if language is None and bodies and fields.language(None) not in bodies:
        return fields.language(next(iter(bodies)))
    return fields.language(language)


def _bodies(bodies: Mapping[str, str], spoken: str) -> dict[str, str]:
    """Read the texts, in order of their languages.

    Raises: UnknownLanguage, NoWordsIn, EmptyText, TemplateTooLong, PlaceholderWrong, InvalidText.
    """
    if spoken not in bodies:
        raise NoWordsIn(language=spoken)
    found: dict[str, str] = {}
    for each, body in sorted(bodies.items()):
        if len(body) > BODY_MAX:
            raise TemplateTooLong(most=BODY_MAX)
        plain = text.tidy(body)
        if not plain.strip():
            raise EmptyText
        placeholders.check(plain)
        found[fields.language(each)] = plain
    return found


def _keep(
    template_id: str, version: int, spoken: str, bodies: Mapping[str, str], actor: str
) -> None:
    TemplateVersion.insert(
        template_id=template_id,
        version=version,
        language=spoken,
        bodies=msgspec.json.encode(dict(bodies)).decode(),
        actor=actor,
        created_at=clock.now(),
    ).execute()


def _view(template: Template, words: TemplateVersion) -> View:
    bodies = bodies_of(words)
    places = [place for body in bodies.values() for place in placeholders.parse(body).places]
    names = {place.key: place.name for place in reversed(places)}
    first = dict.fromkeys(place.key for place in places)
    return View(
        template.id,
        template.name,
        words.version,
        words.language,
        bodies,
        tuple(names[key] for key in first),
        template,
    )


def used_by(campaigns: Sequence[Campaign]) -> dict[tuple[str, int], str]:
    """Return the words that campaigns made of templates go with, by template and version.

    Those of a template that has been removed, too.
    """
    wanted = {(each.template_id, each.template_version) for each in campaigns if each.template_id}
    if not wanted:
        return {}
    found = TemplateVersion.select().where(
        TemplateVersion.template_id.in_({template_id for template_id, _ in wanted}),
        TemplateVersion.version.in_({version for _, version in wanted}),
    )
    return {(each.template_id, each.version): bodies_of(each)[each.language] for each in found}


def bodies_of(words: TemplateVersion) -> dict[str, str]:
    """Read the texts of a version, by language."""
    return msgspec.json.decode(words.bodies, type=dict[str, str])
