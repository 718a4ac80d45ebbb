"""A file of contacts: looked at together, given a group and a reason, then read while one waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec

from core import phone
from core.contacts import groups, imports
from core.contacts.consents import Given as Consent
from core.contacts.imports import Layout, Meaning, Preview
from core.dialogue.screens import Done
from core.dialogue.steps import Ask, Choose, File, Flow, Given, Once, Part, Passing, Upload
from core.errors import NotAllowed
from core.flows.asking import Agree, Drawn, Pick
from core.flows.consenting import ask_consent
from core.flows.visits import Visit
from core.flows.wording import By, brief, by, entitled, somebody
from core.notices import notebook
from core.notices.bulk import live_cause
from core.telegram import files
from core.tenants import fields
from core.tenants.profiles import Profile
from core.tenants.roles import Right

NO_GROUP, NEW_GROUP = "-", "new"
SHOWN = 60
COLUMNS_NAMED = 8
ROWS_NAMED = 3
# What stands between columns, in words.
DELIMITERS: Mapping[str, str] = MappingProxyType(
    {",": "comma (,)", ";": "semicolon (;)", "\t": "tab", "|": "vertical bar (|)"}
)
# How the letters of a file are written, as people may have met it.
ENCODINGS: Mapping[str, str] = MappingProxyType(
    {"cp1252": "Windows", "utf-8-sig": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
)
UNREAD = "Only this sheet is read. Not read: {sheets}. Send each as a file of its own."


class FilesElsewhere(NotAllowed):
    """A file is wanted where none can be sent."""

    code = "files_elsewhere"
    title = "Files are sent in Telegram"
    sentence = "Files of contacts are sent in Telegram. Open our bot there and drop the file in."


def import_(visit: Visit) -> Flow:
    """Take a file in, show what was found in it, and import it after a yes."""
    profile = entitled(visit, Right.CONTACTS)
    if visit.is_small:
        raise FilesElsewhere
    upload = yield from _file(visit)
    import_id = yield from Passing(
        "import_file", lambda once: _take_in(visit, profile, upload, once)
    )
    right = yield from Pick("import_right", lambda: _found(visit, profile, upload.name, import_id))
    columns: dict[str, str] = {}
    if right == "phone":
        layout = imports.layout(imports.one(profile.tenant_id, import_id))
        columns = yield from _phone_column(visit, layout)
    if right != "no":
        group_id, name = yield from _group(visit, profile)
        consent = yield from ask_consent(visit, "import")
        terms = (import_id, group_id, name, consent, sorted(columns.items()))
        question = _question(visit, upload.name, name)
        if (yield from Agree("import_sure", question, visit, *terms)) == "yes":
            yield from Once(
                "imported",
                lambda once: _start(visit, profile, import_id, group_id, name, consent, columns),
            )
            return Done(visit.say("It is being read. You see below how far it is."))
    yield from Once("import_left", lambda once: _discard(visit, profile, import_id))
    return visit.say("Nothing was imported.")


def _file(visit: Visit) -> Part[Upload]:
    given = yield from Given("file")
    if given:
        upload = msgspec.json.decode(given, type=Upload)
        files.check_size(upload.size_bytes)
        return upload
    question = visit.say("Send me a CSV or Excel file with a column of phone numbers.")
    return (
        yield from File("import_which", question, lambda sent: files.check_size(sent.size_bytes))
    )


def _found(visit: Visit, profile: Profile, name: str, import_id: str) -> Drawn:
    """Show what was found in the file. It is opened only for this."""
    found = imports.preview(profile.tenant_id, import_id)
    parts = [_described(visit, name, found), _first_rows(visit, found), visit.say("Is that right?")]
    return "\n\n".join(part for part in parts if part), {
        "yes": visit.say("That is right"),
        "phone": visit.say("Another phone column"),
        "no": visit.say("Leave it"),
    }


def _described(visit: Visit, name: str, found: Preview) -> str:
    """Say how the file is written and what its columns mean."""
    layout = found.layout
    told = [brief(name, 60)]
    if layout.sheet is not None:
        told.append(visit.say("Excel, sheet {sheet}", sheet=brief(layout.sheet, 40)))
        if layout.unread:
            sheets = _listed(brief(name, 30) for name in layout.unread)
            told.append(visit.say(UNREAD, sheets=sheets))
    else:
        encoding = layout.encoding or "-"
        apart = DELIMITERS.get(layout.delimiter or "", layout.delimiter or "-")
        told.append(
            visit.say(
                "CSV file. Between columns: {delimiter}. Letters: {encoding}.",
                encoding=ENCODINGS.get(encoding, encoding.upper()),
                delimiter=visit.say(apart),
            )
        )
    told += [
        visit.say("Phone numbers: {columns}", columns=_columns(layout, Meaning.PHONE)),
        visit.say("Names: {columns}", columns=_columns(layout, Meaning.NAME) or "-"),
    ]
    if kept := _columns(layout, Meaning.FIELD):
        told.append(visit.say("Kept for templates: {columns}", columns=kept))
    if not layout.has_header:
        told.append(visit.say("It has no row of headings."))
    return "\n".join(told)


def _columns(layout: Layout, meaning: Meaning) -> str:
    return _listed(brief(layout.headings[at], 30) for at in layout.places(meaning))


def _listed(names: Iterable[str]) -> str:
    named = list(names)
    more = len(named) - COLUMNS_NAMED
    return ", ".join(named[:COLUMNS_NAMED]) + (f" +{more}" if more > 0 else "")


def _first_rows(visit: Visit, found: Preview) -> str:
    """Show the first contacts as they will be, and the first rows that would be left out."""
    told = [
        " · ".join([phone.pretty(each.msisdn), each.name, *(each.fields or {}).values()])
        for each in found.entries[:ROWS_NAMED]
    ]
    told += [
        visit.say("Row {row}: {reason}", row=each.row, reason=each.words(visit.language))
        for each in found.rejections[:ROWS_NAMED]
    ]
    return "\n".join(brief(line, 200) for line in told)


def _phone_column(visit: Visit, layout: Layout) -> Part[dict[str, str]]:
    options = {f"c{at}": brief(each, 40) or "-" for at, each in enumerate(layout.headings)}
    question = visit.say("Which column has the phone numbers?")
    chosen = yield from Choose("import_column", question, options)
    return {"phone": str(int(chosen.removeprefix("c")) + 1)}


def _group(visit: Visit, profile: Profile) -> Part[tuple[str, str]]:
    """Ask which group they go into. Gives its id, or none and the name of a new one."""

    def draw() -> Drawn:
        options = {NEW_GROUP: visit.say("New group"), NO_GROUP: visit.say("No group")}
        found = groups.names(profile.tenant_id, limit=SHOWN)
        options |= {each.id: f"{brief(each.name, 24)} ({each.size:,})" for each in found}
        return visit.say("Into which group?"), options

    chosen = yield from Pick("import_group", draw)
    if chosen == NO_GROUP:
        return "", ""
    if chosen == NEW_GROUP:
        question = visit.say("Name of the group:")
        return "", (yield from Ask("import_group_name", question, _group_name))
    return chosen, groups.one(profile.tenant_id, chosen).name


def _group_name(text: str) -> str:
    return fields.line(text, "name", most=groups.NAME_MAX)


def _question(visit: Visit, file: str, group: str) -> str:
    if group:
        return visit.say(
            "Import {file} into {group}?", file=brief(file, 40), group=brief(group, 30)
        )
    return visit.say("Import {file}?", file=brief(file, 40))


def _take_in(visit: Visit, profile: Profile, upload: Upload, once: str) -> str:
    """Fetch the file and keep it. Nothing is read into the contacts before the yes."""
    made = imports.begin(
        profile.tenant_id,
        upload.name,
        files.fetch(upload.file_id),
        wait=True,
        once=f"chat:{once}",
        **_by(visit, profile),
    )
    return str(made.id)


def _start(
    visit: Visit,
    profile: Profile,
    import_id: str,
    group_id: str,
    group: str,
    consent: Consent | None,
    columns: Mapping[str, str],
) -> str:
    who_acts = _by(visit, profile)
    if group and not group_id:
        made, _ = groups.create(profile.tenant_id, group, **who_acts)
        group_id = made.id
    imports.start(
        profile.tenant_id,
        import_id,
        group_id=group_id or None,
        columns=columns or None,
        consent=consent,
        **who_acts,
    )
    notebook.put(
        live_cause(import_id),
        f"person:{somebody(visit).id}",
        "import.live",
        tenant_id=profile.tenant_id,
        data={"import": import_id},
    )
    return "ok"


def _discard(visit: Visit, profile: Profile, import_id: str) -> str:
    imports.discard(profile.tenant_id, import_id, **_by(visit, profile))
    return "ok"


def _by(visit: Visit, profile: Profile) -> By:
    return by(visit, profile.tenant_id, Right.CONTACTS)
