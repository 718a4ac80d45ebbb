"""The one database: connections, transactions, and the two dialects behind one face.

SQLite serves one machine out of the box, PostgreSQL serves growth. Every write goes through
`transaction()` or `grouped()`, so that the threads of a process queue on a lock of ours rather
than on SQLite's busy handler, which sleeps in growing steps and starves whoever waits.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import peewee
from playhouse.db_url import parse as parse_url
from playhouse.migrations import Runner

from core import clock
from core.line import Line, Ticket
from core.settings import settings

T = TypeVar("T")

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number will do, as long as every process of this product uses the same one.
_MIGRATION_LOCK = 746_862

# Long enough for those who wait to have their turn, short enough to cost bulk work a tenth.
BREATH_S = 0.02

SQLITE_PRAGMAS = {
    "journal_mode": "wal",
    # FULL, not NORMAL: a payment we have acknowledged must survive a power cut, because nobody
    # tells us about it twice. Group commit pays for the flush.
    "synchronous": "full",
    "foreign_keys": 1,
    "busy_timeout": 10_000,
    "cache_size": -64_000,
}

db: Any = peewee.DatabaseProxy()
# Gives the errors of the bare drivers the names by which all others are known.
_as_peewee: Any = vars(peewee)["__exception_wrapper__"]


class _Door:
    """Lets one writer at a time into SQLite: of our threads, then of our processes, in turn.

    Left to itself SQLite makes a process that has to wait sleep in growing steps, and a busy
    neighbour starves it. Here whoever waits stands at the door and goes in the moment it opens,
    before the neighbour can come round again. The kernel frees the places of a killed process.
    """

    _STEP, _ROOM = 0, 1  # bytes of the lock file: the place before the door, and behind it

    def __init__(self) -> None:
        self._threads = threading.RLock()
        self._count = threading.Lock()
        self._standing = 0  # our threads that wait
        self._depth = 0
        self._file: int | None = None

    def lead_to(self, path: str | None) -> None:
        """Guard another database, or none that other processes can see."""
        if self._file is not None:
            os.close(self._file)
        self._file = None if path is None else os.open(path, os.O_RDWR | os.O_CREAT, 0o644)

    def is_wanted(self) -> bool:
        """Say whether somebody stands at the door, while we are inside."""
        if self._standing:
            return True
        if self._file is None:
            return False
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, self._STEP)
        except OSError:
            return True
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, self._STEP)
        return False

    def __enter__(self) -> None:
        if not self._threads.acquire(blocking=False):
            self._stand()
        try:
            if self._depth == 0 and self._file is not None:
                fcntl.lockf(self._file, fcntl.LOCK_EX, 1, self._STEP)
                fcntl.lockf(self._file, fcntl.LOCK_EX, 1, self._ROOM)
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, self._STEP)
        except BaseException:
            self._threads.release()
            raise
        self._depth += 1

    def _stand(self) -> None:
        with self._count:
            self._standing += 1
        try:
            self._threads.acquire()
        finally:
            with self._count:
                self._standing -= 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0 and self._file is not None:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, self._ROOM)
        self._threads.release()


_door = _Door()


class Model(peewee.Model):
    """The base of every table."""

    class Meta:
        database = db
        legacy_table_names = False


class InstantField(peewee.BigIntegerField):
    """A moment, stored as whole milliseconds since 1970 and read as an aware UTC datetime.

    An integer means the same in both dialects, compares without parsing, and cannot lose its zone.
    """

    def db_value(self, value: datetime | int | None) -> int | None:
        return clock.to_ms(value) if isinstance(value, datetime) else value

    def python_value(self, value: int | None) -> datetime | None:
        return None if value is None else clock.from_ms(value)


def make_database(url: str) -> peewee.Database:
    """Build, without connecting, the database a URL names."""
    options = parse_url(url)
    if url.startswith("sqlite"):
        path = options.pop("database")
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        return peewee.SqliteDatabase(path, pragmas=SQLITE_PRAGMAS, lock_type="IMMEDIATE")
    return peewee.PostgresqlDatabase(prefer_psycopg3=True, **options)


_opened = 0


def open_database(url: str | None = None) -> None:
    """Point every model at a database; each thread connects when it first asks something."""
    global _opened
    close_all()
    _opened += 1
    made = make_database(url or settings().database.url)
    db.initialize(made)
    is_file = isinstance(made, peewee.SqliteDatabase) and made.database != ":memory:"
    _door.lead_to(f"{made.database}.lock" if is_file else None)


def close_all() -> None:
    """Let go of the database and of this thread's connection to it."""
    if db.obj is not None:
        db.obj.close()


def opened() -> int:
    """Return a number that tells this database from the one opened before it: a key for caches."""
    return _opened


def is_postgres() -> bool:
    """Say which of the two dialects raw SQL has to speak."""
    return isinstance(db.obj, peewee.PostgresqlDatabase)


def execute(sql: str, params: Sequence[object] = ()) -> Any:
    """Run one statement written with `%s` placeholders, in either dialect."""
    return db.obj.execute_sql(sql if is_postgres() else sql.replace("%s", "?"), params)


def execute_unflushed(sql: str, params: Sequence[object] = ()) -> Any:
    """Run one statement that ends in RETURNING, in a commit that waits for no disk; gives its row.

    For what may be forgotten in a power cut: whatever is flushed later takes it along. Inside a
    transaction, and on SQLite, it lasts as everything else does.
    """
    if not is_postgres() or in_transaction():
        return execute(sql, params).fetchone()
    row = execute(f"{sql}, set_config('synchronous_commit', 'off', true)", params).fetchone()
    return row and row[:-1]


def execute_many(sql: str, rows: Sequence[Sequence[object]]) -> None:
    """Run one statement for many rows on the bare driver: the set-based half of a hot path."""
    with _as_peewee:
        cursor = db.obj.cursor()
        cursor.executemany(sql if is_postgres() else sql.replace("%s", "?"), rows)


def copy_in(statement: str, lines: str) -> None:
    """Store rows by a COPY statement, its text format already written. PostgreSQL only."""
    with _as_peewee, db.obj.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(lines)


def changed(cursor: Any) -> int:
    """Return how many rows the statement behind a cursor changed."""
    return int(cursor.rowcount)


@contextmanager
def transaction() -> Iterator[None]:
    """Make what is inside happen wholly or not at all; an inner one joins the outer one."""
    database = db.obj
    if database.in_transaction():
        yield
        return
    if is_postgres():
        with database.atomic():
            yield
        return
    with _door, database.atomic():
        yield


@contextmanager
def bulk() -> Iterator[Callable[[], None]]:
    """Let this thread write much in many transactions, none of which anybody is told of.

    On SQLite they are not flushed one by one: a power cut may undo the last of them, each wholly,
    and what is committed afterwards makes them last. Nor do they carry the log over into the file:
    another thread does whenever the function given is called, between transactions, so that it
    costs neither this one's time nor that of whoever commits next. On PostgreSQL nothing differs.
    """
    if is_postgres():
        yield lambda: None
        return
    carrier = _Carrier()
    execute("PRAGMA synchronous = NORMAL")
    execute("PRAGMA wal_autocheckpoint = 0")
    try:
        yield carrier.bell.set
    finally:
        carrier.stop()
        execute(f"PRAGMA synchronous = {SQLITE_PRAGMAS['synchronous']}")
        execute("PRAGMA wal_autocheckpoint = 1000")


class _Carrier:
    """A thread that brings SQLite's log into its file, as far as no reader needs it, when rung.

    Nobody is kept from writing meanwhile.
    """

    def __init__(self) -> None:
        self.bell = threading.Event()
        self._is_over = False
        self._thread = threading.Thread(target=self._work, daemon=True, name="carrier")
        self._thread.start()

    def _work(self) -> None:
        try:
            while self.bell.wait() and not self._is_over:
                self.bell.clear()
                execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except peewee.DatabaseError:
            return  # whoever commits next carries it over
        finally:
            db.obj.close()

    def stop(self) -> None:
        self._is_over = True
        self.bell.set()
        self._thread.join()


def is_wanted() -> bool:
    """Say whether others wait until this thread's transaction ends, only because they write, too.

    Nobody does on PostgreSQL, where all write at once.
    """
    return not is_postgres() and _door.is_wanted()


def in_transaction() -> bool:
    """Say whether this thread is inside a transaction."""
    return bool(db.obj.in_transaction())


@contextmanager
def savepoint() -> Iterator[None]:
    """Undo what is inside when it fails, and only that, though an outer transaction goes on.

    Outside a transaction it does nothing: put it around a `transaction()`.
    """
    if not in_transaction():
        yield
        return
    with db.obj.atomic():
        yield


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything inside as it stands at one moment, keeping nobody from writing meanwhile."""
    how = {"isolation_level": "REPEATABLE READ"} if is_postgres() else {"lock_type": "DEFERRED"}
    with db.obj.atomic(**how):
        yield


def after_commit(act: Callable[[], object]) -> None:
    """Do something once the outermost transaction holds; at once when there is none."""
    if in_transaction():
        db.obj.after_commit(act)
    else:
        act()


def _serve_together(tickets: list[Ticket[Callable[[], object]]]) -> None:
    """Do what the tickets ask for in one transaction, or each in its own when one of them fails."""
    try:
        with db.obj.atomic():
            for ticket in tickets:
                ticket.result = ticket.item()
    except BaseException as error:
        if len(tickets) == 1:
            tickets[0].error = error
        else:
            for ticket in tickets:
                _serve_together([ticket])
    for ticket in tickets:
        ticket.done = True


_line = Line(_door, _serve_together)


def grouped(work: Callable[[], T]) -> T:
    """Run a short write in a transaction, sharing one commit with whatever else has arrived.

    On SQLite the first thread to get the write lock serves everybody who is waiting, so thirty
    requests cost one flush. `work` may be run again when a neighbour's fails, so it must do nothing
    but database work. On PostgreSQL it is an ordinary transaction. Inside another transaction it
    joins that one, and when it fails only its own part is undone.
    """
    if is_postgres() or in_transaction():
        with savepoint(), transaction():
            return work()
    return _line.join(work)  # type: ignore[return-value]


def single(work: Callable[[], T]) -> T:
    """Run a write that is one statement on PostgreSQL, and so its own transaction; else `grouped`.

    `work` may then be run again, as `grouped` may run it.
    """
    return grouped(work) if not is_postgres() or in_transaction() else work()


def breathe(seconds: float = BREATH_S) -> None:
    """Pause between two chunks of bulk work, so that whoever waits to write gets in between.

    PostgreSQL lets many write at once and needs none.
    """
    if not is_postgres():
        time.sleep(seconds)


def recover() -> None:
    """Drop this thread's connection when it is broken, so that its next question opens another."""
    database = db.obj
    if database is None or database.is_closed():
        return
    if is_postgres() and not database.is_connection_usable():
        database.close()


def ping() -> None:
    """Ask the database the smallest question. Raises whatever is wrong with it."""
    recover()
    execute("SELECT 1").fetchone()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let one process migrate at a time: peewee's runner takes no lock of its own."""
    if is_postgres():
        execute("SELECT pg_advisory_lock(%s)", (_MIGRATION_LOCK,))
        try:
            yield
        finally:
            execute("SELECT pg_advisory_unlock(%s)", (_MIGRATION_LOCK,))
        return
    lock_path = Path(f"{db.obj.database}.migrating")
    with lock_path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def migrate() -> list[str]:
    """Apply what migrations are pending, one process at a time. Returns their names."""
    with _one_at_a_time():
        return list(Runner(db.obj, directory=str(MIGRATIONS)).up())


def migration_status() -> list[tuple[str, bool]]:
    """List every migration and whether it has been applied here."""
    runner = Runner(db.obj, directory=str(MIGRATIONS))
    return [(each.name, each.applied is not None) for each in runner.status()]
