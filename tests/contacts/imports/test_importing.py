"""A file sent in becomes contacts, exactly once, and says of every row what became of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from core import clock
from core.contacts import book, consents, contacts, exporting, groups, imports
from core.contacts.groups import GroupNotFound
from core.contacts.imports import errors, forgetting, parts, rejected, uploading, working
from core.contacts.imports.models import Import, ImportPart, ImportRejection
from core.contacts.models import Contact, ContactBook, ContactStatus, GroupMember, Suppression
from core.events import Event
from core.tenants import audit
from core.tenants.models import Audit
from core.tenants.profiles import Profile
from tests.contacts.imports.scene import BY, counts, people, pieces, send, sheet, sheets, workbook
from tests.races import outcomes, together

Make = Callable[..., Profile]
LIST = "Simu,Jina,Town\n0712345678,Asha,Kisumu\n0722345678,Juma,\n712345678,Asha,X\n07123,Bad,Y\n"


def group(tenant_id: int, name: str = "Members") -> str:
    return groups.create(tenant_id, name, **BY)[0].id


def test_every_row_is_counted_as_what_became_of_it(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    contacts.put(mine, "0722345678", "Otieno", extra={"Town": "Thika", "Code": "7"}, **BY)

    done = send(mine, LIST)

    assert (done.status, done.percent, counts(done)) == ("completed", 100, (4, 1, 1, 1, 1))
    assert people(mine) == {"254712345678": "Asha", "254722345678": "Juma"}
    assert book.size(mine) == 2


def test_a_workbook_is_taken_as_well(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id

    done = send(mine, workbook([("Phone", "Name"), (254712345678, "Asha"), ("0722345678", "J")]))

    assert counts(done) == (2, 2, 0, 0, 0)
    assert imports.layout(done).sheet == "Wateja"


def test_what_a_file_leaves_out_stays_and_what_it_says_is_written_over(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    extra = {"Town": "Thika", "Code": "7"}
    contacts.put(mine, "0712345678", "Otieno", language="sw", extra=extra, **BY)

    send(mine, "Phone,Name,TOWN,Code,Due\n0712345678,,Kisumu,,500\n")

    after = contacts.by_number(mine, "254712345678")
    assert after is not None
    assert (after.name, after.language) == ("Otieno", "sw")
    assert msgspec.json.decode(after.fields) == {"Town": "Kisumu", "Code": "7", "Due": "500"}


def test_a_known_contact_with_nothing_new_counts_as_updated(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    first, again = send(mine, LIST), send(mine, LIST)

    assert counts(first) == (4, 2, 0, 1, 1)
    assert counts(again) == (4, 0, 2, 1, 1)
    row = contacts.by_number(mine, "254712345678")
    assert row is not None
    assert row.updated_at is None


def test_who_is_blocked_or_has_opted_out_stays_so(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    one = contacts.put(mine, "0712345678", **BY).contact
    Contact.update(status=ContactStatus.BLOCKED.value).where(Contact.id == one.id).execute()
    Suppression.create(
        tenant_id=mine,
        msisdn="254722345678",
        category="promotional",
        source="STOP",
        created_at=clock.now(),
    )

    send(mine, LIST)

    found = {row.msisdn: row.status for row in Contact.select().where(Contact.tenant_id == mine)}
    assert found == {"254712345678": "blocked", "254722345678": "opted_out"}


def test_a_group_gets_new_and_known_contacts_and_its_size_is_exact(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    wanted = group(mine)
    inside = contacts.put(mine, "0722345678", "Juma", **BY).contact
    groups.add(mine, wanted, inside.id, **BY)
    contacts.put(mine, "0733345678", "Njeri", **BY)

    send(mine, LIST + "0733345678,Njeri,\n", group_id=wanted)

    members = GroupMember.select().where(GroupMember.group_id == wanted).count()
    assert groups.one(mine, wanted).size == members == 3
    assert book.size(mine) == 3


def test_a_dry_run_counts_the_same_and_changes_nothing(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    wanted = group(mine)
    contacts.put(mine, "0722345678", "Otieno", **BY)
    tried = send(mine, LIST, dry_run=True, group_id=wanted)

    assert people(mine) == {"254722345678": "Otieno"}
    assert groups.one(mine, wanted).size == 0
    assert len(list(imports.rejections(mine, tried.id))) == 1
    assert counts(tried) == counts(send(mine, LIST)) == (4, 1, 1, 1, 1)


def test_a_dry_run_can_be_done_in_earnest(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    wanted = group(mine)
    tried = send(mine, LIST, dry_run=True)

    begun = imports.start(mine, tried.id, group_id=wanted, **BY)
    working.run(begun.id)
    imports.start(mine, tried.id, group_id=wanted, **BY)  # a second tap
    working.run(begun.id)

    done = imports.one(mine, tried.id)
    assert (done.id, done.is_dry_run, counts(done)) == (tried.id, False, (4, 2, 0, 1, 1))
    assert len(list(imports.rejections(mine, tried.id))) == 1
    assert groups.one(mine, wanted).size == 2
    with pytest.raises(errors.ImportUnderWay):
        imports.start(mine, tried.id, dry_run=True, **BY)


@pytest.mark.parametrize("act", ["start", "discard"])
def test_who_looked_before_somebody_else_did_it_in_earnest_changes_nothing(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    mine = make_tenant().tenant_id
    tried = send(mine, LIST, dry_run=True)
    module, name = (parts, "exist") if act == "start" else (uploading, "one")
    look = getattr(module, name)

    def slowly(*given: Any) -> Any:
        found = look(*given)
        monkeypatch.undo()
        imports.start(mine, tried.id, **BY)
        working.run(tried.id)
        return found

    monkeypatch.setattr(module, name, slowly)
    if act == "start":
        imports.start(mine, tried.id, **BY)
    else:
        with pytest.raises(errors.ImportUnderWay):
            imports.discard(mine, tried.id, **BY)
    working.run(tried.id)

    done = imports.one(mine, tried.id)
    assert (done.status, counts(done)) == ("completed", (4, 2, 0, 1, 1))


def test_a_dry_run_makes_no_estimate_stale(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    contacts.put(mine, "0733345678", "Njeri", **BY)
    before = ContactBook.get_by_id(mine).changed_at
    send(mine, LIST, dry_run=True)

    assert ContactBook.get_by_id(mine).changed_at == before


def test_a_file_may_wait_until_its_columns_have_been_looked_at(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    text = "A,B,C\n0712345678,0733345678,Asha\n0722345678,07,Juma\n"
    waiting = imports.begin(mine, "list.csv", pieces(text.encode()), wait=True, **BY)
    working.sweep()
    working.run(waiting.id)

    seen = imports.preview(mine, waiting.id)

    assert imports.one(mine, waiting.id).status == "ready"
    assert [(each.msisdn, each.fields["B"]) for each in seen.entries] == [
        ("254712345678", "0733345678"),
        ("254722345678", "07"),
    ]
    imports.start(mine, waiting.id, columns={"phone": "B", "name": "3"}, **BY)
    working.run(waiting.id)
    assert people(mine) == {"254733345678": "Asha"}
    assert counts(imports.one(mine, waiting.id)) == (2, 1, 0, 0, 1)


def test_columns_that_are_named_late_are_those_of_the_sheet_that_was_shown(
    make_tenant: Make,
) -> None:
    mine = make_tenant().tenant_id
    about, rows = [("How to", "fill in"), ("a", "b")], [(712345678, 722345678)]
    content = sheets(About=sheet(about), People=sheet(rows), More=sheet(rows))
    waiting = imports.begin(mine, "a.xlsx", pieces(content), wait=True, **BY)
    begun = imports.start(mine, waiting.id, columns={"phone": "2"}, **BY)
    working.run(begun.id)

    found = imports.layout(imports.one(mine, begun.id))
    assert (found.sheet, found.unread) == ("People", ("About", "More"))
    assert list(people(mine)) == ["254722345678"]


def test_a_file_that_waits_can_be_thrown_away(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    waiting = imports.begin(mine, "list.csv", pieces(LIST.encode()), wait=True, **BY)

    imports.discard(mine, waiting.id, **BY)

    with pytest.raises(errors.ImportNotFound):
        imports.one(mine, waiting.id)
    assert ImportPart.select().count() == 0


def test_the_same_file_sent_twice_with_one_key_is_one_import(make_tenant: Make) -> None:
    mine, theirs = make_tenant().tenant_id, make_tenant().tenant_id

    first = imports.begin(mine, "a.csv", pieces(LIST.encode()), once="k" * 200, **BY)
    again = imports.begin(mine, "a.csv", iter(()), once="k" * 200, **BY)
    other = imports.begin(theirs, "a.csv", pieces(LIST.encode()), once="k" * 200, **BY)

    assert first.id == again.id != other.id


def test_twins_at_the_same_moment_are_one_import(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id

    def begin(_: int) -> Import:
        return imports.begin(mine, "a.csv", pieces(LIST.encode()), once="k", **BY)

    found = outcomes(together(5, begin), Import)

    assert len(found) == 5
    assert len({each.id for each in found}) == 1
    assert Import.select().count() == 1
    assert ImportPart.select().count() == 1


def test_consent_is_noted_once_for_all_of_a_file(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    given = consents.Given("Paper form", "I agree to receive texts.")

    done = send(mine, LIST, consent=given)

    rows = Contact.select().where(Contact.tenant_id == mine)
    assert {row.consent_id for row in rows} == {done.consent_id}
    assert consents.among(mine, {done.consent_id})[done.consent_id].source == "Paper form"


def test_a_group_of_another_business_is_not_found(make_tenant: Make) -> None:
    mine, theirs = make_tenant().tenant_id, make_tenant().tenant_id

    with pytest.raises(GroupNotFound):
        send(mine, LIST, group_id=group(theirs))


def test_a_group_removed_meanwhile_stops_the_import_in_words(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    wanted = group(mine)
    begun = imports.begin(mine, "a.csv", pieces(LIST.encode()), group_id=wanted, **BY)
    groups.remove(mine, wanted, **BY)

    working.run(begun.id)

    done = imports.one(mine, begun.id)
    assert (done.status, done.problem_code) == ("failed", "import_group_removed")
    assert "removed while the file was read" in (done.problem_words() or "")
    assert people(mine) == {}
    assert GroupMember.select().count() == 0


def test_who_was_erased_after_the_file_was_sent_is_not_brought_back(make_tenant: Make) -> None:
    from core.contacts import pseudonyms

    mine = make_tenant().tenant_id
    begun = imports.begin(mine, "a.csv", pieces(LIST.encode()), **BY)
    gone = contacts.put(mine, "0712345678", "Asha", **BY).contact
    name = pseudonyms.of(mine, "254712345678")
    Contact.update(msisdn=name, name="", status="erased").where(Contact.id == gone.id).execute()
    ContactBook.update(size=0, erased_at=clock.now()).where(ContactBook.tenant_id == mine).execute()

    working.run(begun.id)

    done = imports.one(mine, begun.id)
    assert counts(done) == (4, 1, 0, 1, 2)
    assert "254712345678" not in people(mine)
    reasons = {each.code: list(each.cells) for each in imports.rejections(mine, done.id)}
    assert reasons["number_erased"] == []


def test_nothing_is_kept_of_who_was_erased_when_their_row_is_left_out_for_something_else(
    make_tenant: Make,
) -> None:
    mine = make_tenant().tenant_id
    rows = f"Simu,Jina\n0733345678,A\n0712345678,{'Asha ' * 30}\n0712345678 home,Asha\n"
    begun = imports.begin(mine, "a.csv", pieces(rows.encode()), **BY)
    book.keep(mine)
    ContactBook.update(erased_at=clock.now()).where(ContactBook.tenant_id == mine).execute()

    working.run(begun.id)

    left_out = list(imports.rejections(mine, begun.id))
    assert [each.code for each in left_out] == ["cell_too_long", "number_not_digits"]
    assert [list(each.cells) for each in left_out] == [[], []]
    assert not any("712345678" in each.words() for each in left_out)


def test_a_contact_has_no_more_fields_than_it_can_hold(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    full = {f"f{number}": "x" for number in range(30)}
    contacts.put(mine, "0712345678", "Asha", extra=full, **BY)

    done = send(mine, "Phone,f1,one more\n0712345678,y,z\n0722345678,y,z\n")

    assert counts(done) == (2, 1, 0, 0, 1)
    (left_out,) = imports.rejections(mine, done.id)
    assert (left_out.row, left_out.code) == (2, "too_many_fields")
    assert "30 fields at most" in left_out.words()


def test_rows_left_out_can_be_corrected_and_sent_again(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    done = send(mine, "Simu,Jina,Note\n0712345678,Asha,\n07223,Juma,=1+1\n2.54733E+11,Zoë,b\n")

    table = rejected.table(done).decode("utf-8-sig")
    in_swahili = rejected.table(done, "sw").decode("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["Jina"], row["Row"], row["Note"]) for row in rows] == [
        ("Juma", "3", "'=1+1"),
        ("Zoë", "4", "b"),
    ]
    assert "too short" in rows[0]["Reason"]
    assert "Format the column as text" in rows[1]["Reason"]
    assert "Mstari" in in_swahili.splitlines()[0]
    again = send(mine, table.replace("2.54733E+11", "0733345678"))
    assert counts(again) == (2, 1, 0, 0, 1)
    assert people(mine)["254733345678"] == "Zoë"
    fields = {row.msisdn: row.fields for row in Contact.select().where(Contact.tenant_id == mine)}
    assert fields["254733345678"] == '{"Note":"b"}'
    once_more = rejected.table(again).decode("utf-8-sig").splitlines()
    assert once_more[0] == table.splitlines()[0]
    assert once_more[1].startswith("07223,Juma,'=1+1,2,")


def test_as_much_of_the_rows_left_out_is_given_as_fits_where_it_is_read(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    done = send(mine, "Simu\n0712345678\n" + "".join(f"07{n}\n" for n in range(1200)))

    whole, part = rejected.table(done), rejected.table(done, most_bytes=60_000)

    assert (len(whole.splitlines()), whole.startswith(part)) == (1201, True)
    assert len(part.splitlines()) == 500


def test_the_file_of_all_contacts_can_be_brought_back(make_tenant: Make) -> None:
    mine, theirs = make_tenant().tenant_id, make_tenant().tenant_id
    given = consents.Given("Paper form", "I agree to receive texts.")
    send(mine, "Simu,Jina,Lugha,Phone 2,Mji\n0712345678,Zoë,sw,,Thika\n", consent=given)
    send(mine, "Simu,Jina,Phone 2\n0722345678,Juma,0733345678\n", group_id=group(mine))
    exported = b"".join(exporting.stream(mine))

    assert counts(send(theirs, exported)) == (2, 2, 0, 0, 0)

    def told(tenant_id: int) -> list[tuple[Any, ...]]:
        mine = Contact.select().where(Contact.tenant_id == tenant_id).order_by(Contact.msisdn)
        return [(row.msisdn, row.name, row.language, row.fields) for row in mine]

    assert told(theirs) == told(mine)


def test_another_business_sees_no_import(make_tenant: Make) -> None:
    mine, theirs = make_tenant().tenant_id, make_tenant().tenant_id
    done = send(mine, LIST)

    for look in (imports.one, imports.preview, imports.rejections):
        with pytest.raises(errors.ImportNotFound):
            look(theirs, done.id)
    assert imports.listing(theirs) == []


def test_imports_are_listed_newest_first(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    made = [send(mine, LIST).id for _ in range(3)]

    assert [each.id for each in imports.listing(mine, limit=2)] == [made[2], made[1]]
    assert [each.id for each in imports.listing(mine, after=made[1])] == [made[0]]


def test_an_end_is_told_with_its_figures_and_kept_in_the_trail(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    done = send(mine, LIST)

    event = Event.get(Event.name == "import.completed")
    told = msgspec.json.decode(event.data)
    assert (event.tenant_id, told["import_id"], told["actor"]) == (mine, done.id, BY["actor"])
    assert [told[name] for name in ("created", "rejected")] == [2, 1]
    acts = [row.act for row in audit.listing(mine)]
    assert acts[:2] == ["import.completed", "import.begun"]


def test_a_finished_file_is_not_kept(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    done = send(mine, LIST)

    assert ImportPart.select().count() == 0
    assert imports.layout(done).sample == ()
    with pytest.raises(errors.ImportForgotten):
        imports.preview(mine, done.id)


def test_what_nobody_needs_any_more_is_forgotten(make_tenant: Make) -> None:
    clock.freeze(clock.now())
    mine = make_tenant().tenant_id
    tried = send(mine, LIST, dry_run=True)
    waiting = imports.begin(mine, "a.csv", pieces(LIST.encode()), wait=True, **BY)
    clock.advance(timedelta(hours=23).total_seconds())
    forgetting.forget_old()
    assert ImportPart.select().count() == 2

    clock.advance(timedelta(hours=2).total_seconds())
    forgetting.forget_old()

    assert ImportPart.select().count() == 0
    with pytest.raises(errors.ImportForgotten):
        imports.start(mine, tried.id, **BY)
    with pytest.raises(errors.ImportNotFound):
        imports.one(mine, waiting.id)
    clock.advance(timedelta(days=30).total_seconds())
    forgetting.forget_old()
    assert ImportRejection.select().count() == 0
    assert counts(imports.one(mine, tried.id)) == (4, 2, 0, 1, 1)


def test_a_business_may_only_have_so_many_files_waiting(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    for _ in range(10):
        imports.begin(mine, "a.csv", pieces(LIST.encode()), **BY)

    with pytest.raises(errors.TooManyImports):
        imports.begin(mine, "a.csv", pieces(LIST.encode()), **BY)


def test_files_that_nobody_answers_for_block_nobody(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    for number in range(12):
        by = BY | {"actor": f"person:usr_{number}"}
        imports.begin(mine, "a.csv", pieces(LIST.encode()), wait=True, **by)

    assert send(mine, LIST).status == "completed"


def test_a_new_file_takes_the_place_of_what_the_same_person_left_unanswered(
    make_tenant: Make,
) -> None:
    mine, theirs = make_tenant().tenant_id, make_tenant().tenant_id
    colleague = BY | {"actor": "person:usr_2"}
    kept = [
        imports.begin(mine, "a.csv", pieces(LIST.encode()), wait=True, **colleague),
        imports.begin(theirs, "a.csv", pieces(LIST.encode()), wait=True, **BY),
        send(mine, LIST),
    ]
    old = imports.begin(mine, "a.csv", pieces(LIST.encode()), wait=True, **BY)
    new = imports.begin(mine, "b.csv", pieces(LIST.encode()), wait=True, **BY)

    assert {row.id for row in Import.select()} == {new.id, *(each.id for each in kept)}
    assert not ImportPart.select().where(ImportPart.import_id == old.id).exists()
    with pytest.raises(errors.ImportNotFound):
        imports.start(mine, old.id, **BY)
    assert imports.start(mine, new.id, **BY).status == "queued"
    trail = [row.subject for row in Audit.select() if row.act == "import.discarded"]
    assert trail == [old.id]


@pytest.mark.parametrize("with_parts", [True, False])
def test_what_was_never_stored_wholly_is_forgotten_within_hours(
    make_tenant: Make, with_parts: bool
) -> None:
    """Whoever stored it was killed: before the first piece, or between two of them."""
    clock.freeze(clock.now())
    mine = make_tenant().tenant_id
    for _ in range(10):
        imports.begin(mine, "a.csv", pieces(LIST.encode()), **BY)
    Import.update(status="uploading").execute()
    if not with_parts:
        ImportPart.delete().execute()
    forgetting.forget_old()
    with pytest.raises(errors.TooManyImports):
        imports.begin(mine, "a.csv", pieces(LIST.encode()), **BY)

    clock.advance(timedelta(minutes=61).total_seconds())
    forgetting.forget_old()
    assert (Import.select().count(), ImportPart.select().count()) == (0, 0)
    assert send(mine, LIST).status == "completed"


def test_a_waiting_file_without_parts_is_forgotten_too(make_tenant: Make) -> None:
    clock.freeze(clock.now())
    mine = make_tenant().tenant_id
    imports.begin(mine, "a.csv", pieces(LIST.encode()), wait=True, **BY)
    ImportPart.delete().execute()
    clock.advance(timedelta(hours=25).total_seconds())
    forgetting.forget_old()

    assert Import.select().count() == 0


def test_a_file_that_was_tried_takes_its_rows_along_when_it_is_thrown_away(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though whoever throws it away is killed in the middle of it."""
    mine = make_tenant().tenant_id
    tried = send(mine, LIST, dry_run=True)

    def killed(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(uploading, "forget", killed)
    with pytest.raises(KeyboardInterrupt):
        imports.discard(mine, tried.id, **BY)

    assert ImportRejection.select().count() == 0
    forgetting.forget_old()
    assert ImportPart.select().count() == 0


@pytest.mark.parametrize("is_first", [True, False])
def test_a_file_is_either_started_or_let_go(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch, is_first: bool
) -> None:
    clock.freeze(clock.now())
    mine = make_tenant().tenant_id
    tried = send(mine, LIST, dry_run=True)
    clock.advance(timedelta(days=2).total_seconds())
    exist, let_go = parts.exist, forgetting._let_go

    def start(found: Import) -> None:
        imports.start(mine, tried.id, **BY)
        let_go(found)

    def forget(import_id: str) -> bool:
        found = exist(import_id)
        monkeypatch.undo()
        forgetting.forget_old()
        return found

    if is_first:
        monkeypatch.setattr(forgetting, "_let_go", start)
        forgetting.forget_old()
        working.run(tried.id)
    else:
        monkeypatch.setattr(parts, "exist", forget)
        with pytest.raises(errors.ImportForgotten):
            imports.start(mine, tried.id, **BY)

    done = imports.one(mine, tried.id)
    assert (done.status, counts(done)) == ("completed", (4, 2, 0, 1, 1))
    assert done.is_dry_run != is_first


def test_a_file_with_a_hole_is_not_read_as_a_shorter_one(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART", 100)
    mine = make_tenant().tenant_id
    text = "Simu\n" + "".join(f"07123456{number:02}\n" for number in range(40))
    begun = imports.begin(mine, "a.csv", pieces(text.encode()), **BY)
    ImportPart.delete().where(ImportPart.number == 2).execute()
    working.run(begun.id)

    done = imports.one(mine, begun.id)
    assert (done.status, done.problem_code) == ("failed", "import_forgotten")


def test_only_so_many_files_that_were_tried_are_kept(make_tenant: Make) -> None:
    mine, theirs = make_tenant().tenant_id, make_tenant().tenant_id
    other = send(theirs, LIST, dry_run=True)
    tried = [send(mine, LIST, dry_run=True).id for _ in range(12)]
    begun = imports.begin(mine, "a.csv", pieces(LIST.encode()), dry_run=True, **BY)

    kept = {row.import_id for row in ImportPart.select()}
    assert kept == {other.id, begun.id, *tried[2:]}
    with pytest.raises(errors.ImportForgotten):
        imports.start(mine, tried[0], **BY)


def test_pieces_of_a_file_whose_import_is_gone_go_too(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id
    imports.begin(mine, "a.csv", pieces(LIST.encode()), wait=True, **BY)
    kept = imports.begin(mine, "a.csv", pieces(LIST.encode()), **BY)
    Import.delete().where(Import.id != kept.id).execute()
    forgetting.forget_old()

    assert [row.import_id for row in ImportPart.select()] == [kept.id]


def test_what_is_given_up_while_it_is_stored_is_said_to_be_gone(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = make_tenant().tenant_id
    keep = parts.keep

    def slowly(*args: Any) -> None:
        keep(*args)
        Import.delete().execute()

    monkeypatch.setattr(parts, "keep", slowly)
    with pytest.raises(errors.ImportForgotten):
        imports.begin(mine, "a.csv", pieces(LIST.encode()), **BY)
    assert Audit.select().count() == 0


def test_a_refused_file_leaves_nothing_behind(make_tenant: Make) -> None:
    mine = make_tenant().tenant_id

    with pytest.raises(errors.NoPhoneColumn):
        send(mine, "Jina\nAsha\n")

    assert Import.select().count() == ImportPart.select().count() == 0


def test_progress_is_seen_while_a_file_is_read(make_tenant: Make, monkeypatch: object) -> None:
    mine = make_tenant().tenant_id
    text = "Phone\n" + "".join(f"07{number:08d}\n" for number in range(30_000))
    seen: list[tuple[int, int]] = []
    begun = imports.begin(mine, "a.csv", pieces(text.encode(), 50_000), **BY)
    commit = working._commit

    def watched(*given: object, **how: object) -> object:
        done = commit(*given, **how)  # type: ignore[arg-type]
        now = imports.one(mine, begun.id)
        seen.append((now.progress, now.rows))
        return done

    monkeypatch.setattr(working, "_commit", watched)  # type: ignore[attr-defined]
    working.run(begun.id)

    assert len(seen) > 1
    assert seen == sorted(seen)
    assert all(0 < progress < 10_000 for progress, _ in seen)
    assert imports.one(mine, begun.id).progress == 10_000
