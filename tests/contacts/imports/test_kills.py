"""Whatever instant a worker is killed at, no row is lost or done twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from core import clock, database
from core.contacts import book, contacts, groups, imports
from core.contacts.imports import working
from core.contacts.imports.models import Import, ImportRejection
from core.contacts.models import Contact, GroupMember
from core.tenants.profiles import Profile
from tests.contacts.imports.scene import BY, counts, people, pieces
from tests.races import together

Make = Callable[..., Profile]
LEASE_S = working.LEASE_MS / 1000 + 1


class Killed(BaseException):
    """As sudden as a power cut: no `except` of the product's catches it."""


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks and windows so small that a short file has many."""
    monkeypatch.setattr(working, "ROWS_POSTGRES", 4)
    monkeypatch.setattr(working, "ROWS_SQLITE", 2)
    monkeypatch.setattr(working, "ROWS_SQLITE_MAX", 4)


def text() -> str:
    """Thirty rows: new, known, doubled, wrong and blank ones, with fields."""
    rows = ["Phone,Name,Town"]
    for number in range(30):
        phone = {3: "07123", 7: "", 11: "2.54712E+11"}.get(number % 13, f"07123456{number:02d}")
        rows.append(f"{phone},Name {number},Town {number % 3}" if number % 9 else "")
        if number % 5 == 0:
            rows.append(f"+2547123456{number:02d},Again,")
    return "\n".join(rows)


@pytest.fixture
def scene(make_tenant: Make) -> tuple[int, str, str]:
    """A tenant, a group and an import of three windows that waits for a worker."""
    mine = make_tenant().tenant_id
    for number in (2, 4, 21):
        contacts.put(mine, f"07123456{number:02d}", "Before", **BY)
    group = groups.create(mine, "All", **BY)[0].id
    begun = imports.begin(mine, "a.csv", pieces(text().encode()), group_id=group, **BY)
    layout = msgspec.structs.replace(begun.found, window=12)
    Import.update(layout=msgspec.json.encode(layout).decode()).where(
        Import.id == begun.id
    ).execute()
    return mine, group, begun.id


def facts(mine: int, group: str, import_id: str) -> dict[str, Any]:
    """All that an import leaves behind."""
    done = imports.one(mine, import_id)
    left_out = ImportRejection.select().where(ImportRejection.import_id == import_id)
    return {
        "counts": counts(done),
        "people": people(mine),
        "book": book.size(mine),
        "group": groups.one(mine, group).size,
        "members": GroupMember.select().where(GroupMember.group_id == group).count(),
        "left out": sorted((row.row, row.code) for row in left_out),
        "status": done.status,
    }


def assert_sum_holds(import_id: str) -> None:
    row = Import.get_by_id(import_id)
    total = row.created + row.updated + row.duplicate + row.rejected
    assert row.rows == total
    there = Contact.select().where(Contact.tenant_id == row.tenant_id).count()
    assert there == 3 + row.created == book.size(row.tenant_id)


def killed_at(monkeypatch: pytest.MonkeyPatch, place: int) -> Callable[[], int]:
    """Let the statement of that number be the last one. Gives how many there have been."""
    real, seen, us = database.db.obj.execute_sql, [0], threading.get_ident()

    def execute(*given: Any, **how: Any) -> Any:
        if threading.get_ident() == us:
            seen[0] += 1
            if seen[0] == place:
                raise Killed
        return real(*given, **how)

    monkeypatch.setattr(database.db.obj, "execute_sql", execute)
    return lambda: seen[0]


def test_a_kill_at_any_statement_changes_nothing_in_the_end(
    scene: tuple[int, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each life ends a statement later than the one before."""
    mine, group, import_id = scene
    clock.freeze(clock.now())
    lives, place = 0, 1
    while imports.one(mine, import_id).status != "completed":
        with monkeypatch.context() as patch:
            count = killed_at(patch, place)
            try:
                working.run(import_id)
            except Killed:
                if database.in_transaction():
                    database.db.obj.rollback()
            assert count()
        assert_sum_holds(import_id)
        clock.advance(LEASE_S)
        lives, place = lives + 1, place + 1
        assert lives < 200

    assert lives > 20
    assert facts(mine, group, import_id) == expected()


def expected() -> dict[str, Any]:
    """What the file says, worked out here."""
    names = {f"2547123456{n:02d}": "Before" for n in (2, 4, 21)}
    rows = duplicate = rejected = created = updated = 0
    seen: set[str] = set()
    left_out = []
    for at, line in enumerate(text().split("\n")[1:], start=2):
        if not line:
            continue
        rows += 1
        phone, name, _ = line.split(",")
        digits = phone.lstrip("+").removeprefix("254").lstrip("0")
        if len(digits) != 9:
            rejected += 1
            code = {"": "number_missing", "07123": "number_too_short"}.get(phone, "number_damaged")
            left_out.append((at, code))
        elif digits in seen:
            duplicate += 1
        else:
            seen.add(digits)
            if f"254{digits}" in names:
                updated += 1
            else:
                created += 1
            names[f"254{digits}"] = name
    return {
        "counts": (rows, created, updated, duplicate, rejected),
        "people": names,
        "book": len(names),
        "group": created + updated,
        "members": created + updated,
        "left out": left_out,
        "status": "completed",
    }


def test_an_undisturbed_worker_does_the_same(scene: tuple[int, str, str]) -> None:
    mine, group, import_id = scene

    working.run(import_id)

    assert facts(mine, group, import_id) == expected()


def test_workers_that_start_together_do_it_once(scene: tuple[int, str, str]) -> None:
    mine, group, import_id = scene

    together(4, lambda _: working.run(import_id))

    assert facts(mine, group, import_id) == expected()


def test_a_worker_that_comes_back_late_finds_that_another_went_on(
    scene: tuple[int, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stood still for longer than its lease, in the middle of the file."""
    mine, group, import_id = scene
    clock.freeze(clock.now())
    commit, turns = working._commit, iter(range(100))

    def slow(*given: Any, **how: Any) -> Any:
        if next(turns) == 2:
            clock.advance(LEASE_S)
            monkeypatch.setattr(working, "_lanes", dict.fromkeys((True, False), Open()))
            working.run(import_id)
        return commit(*given, **how)

    monkeypatch.setattr(working, "_commit", slow)
    working.run(import_id)

    assert facts(mine, group, import_id) == expected()


class Open:
    """A lane with room for everybody."""

    def acquire(self, *, blocking: bool) -> bool:
        return True

    def release(self) -> None:
        pass


def test_the_sweep_takes_up_what_a_dead_worker_left(
    scene: tuple[int, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, group, import_id = scene
    clock.freeze(clock.now())
    started: list[str] = []
    monkeypatch.setattr(working.run, "nudge", started.append)
    with monkeypatch.context() as patch:
        killed_at(patch, 40)
        with pytest.raises(Killed):
            working.run(import_id)
    if database.in_transaction():
        database.db.obj.rollback()

    working.sweep()
    assert started == []
    clock.advance(LEASE_S)
    working.sweep()

    assert started == [import_id]
    working.run(import_id)
    assert facts(mine, group, import_id) == expected()


def test_the_sweep_finds_the_small_ones_behind_many_large(
    make_tenant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, content = make_tenant().tenant_id, text().encode()
    made = [imports.begin(mine, "a.csv", pieces(content), wait=True, **BY | {"actor": f"p{n}"})
            for n in range(23)]  # fmt: skip
    Import.update(status="queued", size_bytes=10**7).execute()
    Import.update(size_bytes=100).where(Import.id == made[-1].id).execute()
    started: list[str] = []
    monkeypatch.setattr(working.run, "nudge", started.append)
    working.sweep()

    assert len(started) == 21
    assert made[-1].id in started


def test_a_worker_keeps_what_it_reads_for_long(
    scene: tuple[int, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening a workbook, and rows that take long to read, cost nobody the import."""
    mine, group, import_id = scene
    clock.freeze(clock.now())
    opened, started = working.sources.open_source, []
    monkeypatch.setattr(working.run, "nudge", started.append)

    class Slow:
        done = 0.5

        def __init__(self, *given: Any) -> None:
            clock.advance(LEASE_S * 0.9)
            self._source = opened(*given)

        def batches(self) -> Iterator[list[list[str]]]:
            for batch in self._source.batches():
                for row in batch:
                    yield [row]
                    clock.advance(LEASE_S * 0.3)
                    working.sweep()

    monkeypatch.setattr(working.sources, "open_source", Slow)
    working.run(import_id)

    assert started == []
    assert facts(mine, group, import_id) == expected()


def test_what_fails_again_and_again_is_given_up_in_words(
    scene: tuple[int, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, _, import_id = scene
    clock.freeze(clock.now())

    def broken(*_: object, **__: object) -> Iterator[None]:
        raise RuntimeError

    monkeypatch.setattr(working.sources, "open_source", broken)
    for _ in range(working.ATTEMPTS_MAX // working.ERROR_WEIGHS):
        with pytest.raises(RuntimeError):
            working.run(import_id)
        clock.advance(LEASE_S)
    working.run(import_id)

    done = imports.one(mine, import_id)
    assert (done.status, done.problem_code) == ("failed", "import_failed")
