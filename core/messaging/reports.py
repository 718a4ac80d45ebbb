"""Delivery reports: stored as they come and answered at once, then folded in batches.

Reports come in any order, any number of times, early, late, or about texts that are not ours. A
status only moves forward, so the order makes no difference. A hot path: receiving is one insert,
folding is set-based.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from core import clock, ids, phone
from core.contacts import book, pseudonyms
from core.database import execute, execute_many, is_postgres, single, transaction
from core.gateways.onfon import Report as Received
from core.ledger.accounts import Purse
from core.messaging import counts, reasons, suppression, usage
from core.messaging.adopting import adopt
from core.messaging.models import (
    SHARED_ACCOUNT,
    Charge,
    Message,
    Report,
    ReportState,
    Status,
)
from core.messaging.settling import Settled, purse_of, take, write_off
from core.messaging.usage import Tally
from core.queue import job

FOLD_SIZE = 1000
# How long a report may wait for the text it is about: the operators' finals take up to a day.
WAIT_MS = 3 * 24 * 3600 * 1000
RETRY_FIRST_MS = 2_000

# What a verdict makes of a text. A higher rank may follow a lower one and never the reverse, so it
# does not matter in which order reports come, nor for finals that contradict each other: of those
# the surer failure counts, and "delivered" above all.
_BECOMES = {
    "delivered": Status.DELIVERED.value,
    "undelivered": Status.UNDELIVERED.value,
    "expired": Status.EXPIRED.value,
    "failed": Status.FAILED.value,
    "blacklisted": Status.FAILED.value,
    "pending": Status.SUBMITTED.value,
}
_RANK = {
    Status.UNKNOWN.value: 0,
    Status.SUBMITTED.value: 1,
    Status.UNDELIVERED.value: 2,
    Status.EXPIRED.value: 3,
    Status.FAILED.value: 4,
    Status.DELIVERED.value: 5,
}

_STORE = """
    INSERT INTO report
        (account_id, provider_id, msisdn, word, verdict, error_code, detail, state,
         retry_at, received_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, 'new', 0, %s)
"""


def receive(account_id: int, report: Received) -> None:
    """Store a report; what it means is worked out later."""
    row = (
        account_id,
        # A report that names the number only gets a name of its own, to be adopted under.
        report.provider_id[:128] if report.provider_id else ids.new("rep"),
        report.msisdn and report.msisdn[:20],
        report.word[:60],
        report.verdict.value,
        report.error_code and report.error_code[:40],
        report.detail and report.detail[:300],
        clock.ms(),
    )
    single(lambda: execute(_STORE, row))
    fold.nudge()


class _Waiting(NamedTuple):
    """A stored report that has not found its end."""

    id: int
    account_id: int
    provider_id: str
    msisdn: str | None
    verdict: str
    detail: str | None
    received_at: int


class _Known(NamedTuple):
    """What a report needs to know of its text."""

    id: str
    tenant_id: int
    batch_id: str
    account_id: int
    category: str
    sender: str
    msisdn: str
    segments: int
    cost: int
    status: str
    charge: str
    submitted_at: int
    provider_id: str


class _Change(NamedTuple):
    """One text's step forward."""

    known: _Known
    status: str
    reason: str | None


@job(priority=5)
def fold() -> None:
    """Work through the reports that have come in. Safe to run twice, or never."""
    while fold_some() == FOLD_SIZE:
        pass


def fold_some() -> int:
    """Fold one batch of reports. Returns how many were looked at."""
    with transaction():
        waiting = _next_reports()
        if not waiting:
            return 0
        known = _texts_of(waiting)
        orphans = [report for report in waiting if _name(report) not in known]
        for report, message_id in adopt(orphans):
            _adopted(report, message_id)
        known = _texts_of(waiting) if orphans else known
        _apply(_without_echoes(_changes(waiting, known)), once=ids.new("fld"))
        shut_out = _shut_out(waiting, known)
        _close([report for report in waiting if report.id not in shut_out], known)
        _forget_erased(waiting, known)
    _suppress(shut_out)
    return len(waiting)


_Name = tuple[int, str]


def _name(of: _Waiting | _Known) -> _Name:
    """A text's name at the gateway: two accounts may use one id."""
    return of.account_id, of.provider_id


_NEXT = """
    SELECT id, account_id, provider_id, msisdn, verdict, detail, received_at FROM report
    WHERE {which} LIMIT %s
"""


def _next_reports() -> list[_Waiting]:
    skip = " FOR UPDATE SKIP LOCKED" if is_postgres() else ""
    rows = execute(_NEXT.format(which="state = 'new' ORDER BY id") + skip, (FOLD_SIZE,)).fetchall()
    if len(rows) < FOLD_SIZE:
        due = _NEXT.format(which="state = 'waiting' AND retry_at <= %s ORDER BY retry_at") + skip
        rows += execute(due, (clock.ms(), FOLD_SIZE - len(rows))).fetchall()
    return [_Waiting(*row) for row in rows]


_TEXTS = """
    SELECT id, tenant_id, batch_id, account_id, category, sender, msisdn, segments, cost, status,
           charge, submitted_at, provider_id
    FROM message WHERE provider_id IN ({marks}) ORDER BY id
"""


def _texts_of(waiting: list[_Waiting]) -> dict[_Name, _Known]:
    """Find the texts that reports name, locked in one order."""
    named = sorted({report.provider_id for report in waiting})
    if is_postgres():
        statement = _TEXTS.replace("IN ({marks})", "= ANY(%s)") + " FOR UPDATE"
        rows = execute(statement, (named,)).fetchall()
    else:
        rows = execute(_TEXTS.format(marks=", ".join(["%s"] * len(named))), named).fetchall()
    texts = [_Known(*row) for row in rows]
    return {_name(text): text for text in texts}


def _changes(waiting: list[_Waiting], known: dict[_Name, _Known]) -> list[_Change]:
    """Work out each text's furthest step, whatever the order of its reports."""
    best: dict[str, _Change] = {}
    for report in waiting:
        text = known.get(_name(report))
        status = _BECOMES.get(report.verdict)
        if text is None or status is None:
            continue
        standing = best[text.id].status if text.id in best else text.status
        if _RANK.get(standing, 9) < _RANK[status]:
            best[text.id] = _Change(text, status, _reason(report, status))
    return list(best.values())


def _reason(report: _Waiting, status: str) -> str | None:
    if status == Status.DELIVERED.value:
        return None
    return reasons.BLACKLISTED if report.verdict == "blacklisted" else report.detail


def _without_echoes(changes: list[_Change]) -> list[_Change]:
    """Take out reasons that only say the text again, as the gateway's reports do: its words lie in
    one place, from where they can be blanked.
    """
    told = {
        change.known.id: change.reason
        for change in changes
        if change.reason not in (None, reasons.BLACKLISTED)
    }
    if not told:
        return changes
    bodies = Message.select(Message.id, Message.body).where(Message.id.in_(list(told)))
    # A blank one has been forgotten: what repeats it cannot be told from what explains it.
    echoes = {row.id for row in bodies if not row.body or _begins(row.body, told[row.id] or "")}
    return [
        change._replace(reason=None) if change.known.id in echoes else change for change in changes
    ]


def _begins(body: str, said: str) -> bool:
    """Say whether a text begins with some words, whatever became of signs and spaces."""
    return _letters(body).startswith(_letters(said))


def _letters(words: str) -> str:
    return "".join(filter(str.isalnum, words)).casefold()


def _shut_out(waiting: list[_Waiting], known: dict[_Name, _Known]) -> dict[int, _Known]:
    """Find the reports which say that the operator shuts us out of a number, each with its text."""
    return {
        report.id: text
        for report in waiting
        if report.verdict == "blacklisted" and (text := known.get(_name(report))) is not None
    }


def _suppress(shut_out: dict[int, _Known]) -> None:
    """Send nothing more of that class to numbers that the operator shuts us out of.

    Opt-outs are changed under the book's lock, which comes before those of reports and texts: so
    each business has a transaction of its own, and its reports are over only with that.
    """
    by_tenant: dict[int, dict[int, _Known]] = defaultdict(dict)
    for report_id, text in shut_out.items():
        by_tenant[text.tenant_id][report_id] = text
    for tenant_id, theirs in by_tenant.items():
        numbers: dict[str, set[str]] = defaultdict(set)
        for text in theirs.values():
            numbers[text.category].add(text.msisdn)
        with transaction():
            book.keep(tenant_id)
            _mark([(ReportState.APPLIED.value, 0, report_id) for report_id in sorted(theirs)])
            for category, msisdns in numbers.items():
                suppression.add_all(tenant_id, msisdns, [category], source=suppression.OPERATOR)


_APPLY_POSTGRES = """
    UPDATE message SET status = r.status, charge = r.charge, reason = r.reason,
           final_at = CASE WHEN r.status = 'submitted' THEN NULL ELSE %s::int8 END
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS r (id, status, charge, reason)
    WHERE message.id = r.id
"""
_APPLY_SQLITE = """
    UPDATE message SET status = %s, charge = %s, reason = %s, final_at = %s WHERE id = %s
"""


def _apply(changes: list[_Change], *, once: str) -> None:
    """Make the steps, take the price of texts that were in doubt, and move the figures."""
    if not changes:
        return
    now = clock.ms()
    rows = [
        (change.known.id, change.status, _charge(change.known), change.reason) for change in changes
    ]
    if is_postgres():
        columns = [list(column) for column in zip(*rows, strict=True)]
        execute(_APPLY_POSTGRES, (now, *columns))
    else:
        execute_many(
            _APPLY_SQLITE,
            [
                (status, charge, reason, None if status == "submitted" else now, each)
                for each, status, charge, reason in rows
            ],
        )
    usage.bump(_moves(changes))
    counts.move(
        counts.Move(
            change.known.batch_id,
            change.known.status,
            change.status,
            1,
            change.known.segments,
            change.known.cost,
        )
        for change in changes
    )
    doubtful = [change.known for change in changes if change.known.charge == Charge.HELD.value]
    # A text in doubt has now proved to have gone.
    take(
        [Settled(text.batch_id, text.tenant_id, text.account_id, text.cost) for text in doubtful],
        once=once,
        subject=once,
    )
    ours = [text.segments for text in doubtful if text.account_id == SHARED_ACCOUNT]
    write_off(sum(ours), once=once)


def _charge(text: _Known) -> str:
    return Charge.TAKEN.value if text.charge == Charge.HELD.value else text.charge


def _moves(changes: Iterable[_Change]) -> Iterable[tuple[Tally, int, int, int]]:
    """Take each text from the figure it was in, and add it to the one it is in now."""
    for change in changes:
        text = change.known
        is_test = purse_of(text.account_id) is Purse.PLAY
        day = clock.day_number(clock.from_ms(text.submitted_at))
        operator = phone.operator(text.msisdn)
        before = Tally(text.tenant_id, day, text.sender, operator, text.status, is_test)
        yield before, -1, -text.segments, -text.cost
        yield before._replace(status=change.status), 1, text.segments, text.cost


def _close(waiting: list[_Waiting], known: dict[_Name, _Known]) -> None:
    """Mark each report applied, waiting for its text, or given up."""
    now = clock.ms()
    rows = []
    for report in waiting:
        age = now - report.received_at
        if _name(report) in known:
            rows.append((ReportState.APPLIED.value, 0, report.id))
        elif age > WAIT_MS:
            rows.append((ReportState.IGNORED.value, 0, report.id))
        else:
            # Twice as old at each look: soon at first, for a report that overtook its answer.
            rows.append((ReportState.WAITING.value, now + max(RETRY_FIRST_MS, age), report.id))
    _mark(rows)


# What a report said has found its place, or has none. It may have said the text itself; and one
# that was given up names a number of which nobody knows whose it is.
_MARK_POSTGRES = """
    UPDATE report SET state = r.state, retry_at = r.retry_at,
           detail = CASE r.state WHEN 'waiting' THEN report.detail END,
           msisdn = CASE r.state WHEN 'ignored' THEN NULL ELSE report.msisdn END
    FROM unnest(%s::text[], %s::int8[], %s::int8[]) AS r (state, retry_at, id)
    WHERE report.id = r.id
"""
_MARK_SQLITE = """
    UPDATE report SET state = %s, retry_at = %s,
           detail = CASE %s WHEN 'waiting' THEN detail END,
           msisdn = CASE %s WHEN 'ignored' THEN NULL ELSE msisdn END
    WHERE id = %s
"""


def _mark(rows: Sequence[tuple[str, int, int]]) -> None:
    """Give reports their states, and when to look again."""
    if not rows:
        return
    if is_postgres():
        execute(_MARK_POSTGRES, [list(column) for column in zip(*rows, strict=True)])
    else:
        execute_many(
            _MARK_SQLITE, [(state, retry_at, state, state, each) for state, retry_at, each in rows]
        )


def _forget_erased(waiting: list[_Waiting], known: dict[_Name, _Known]) -> None:
    """Take the number out of reports about texts to people who were erased meanwhile."""
    for report in waiting:
        text = known.get(_name(report))
        if text is not None and report.msisdn and pseudonyms.is_one(text.msisdn):
            Report.update(msisdn=None).where(Report.id == report.id).execute()


def _adopted(report: _Waiting, message_id: str) -> None:
    """Give a text in doubt the gateway's id that a report has brought, unless it has one by now.

    Then the report waits, and looks for another.
    """
    Message.update(provider_id=report.provider_id).where(
        Message.id == message_id, Message.provider_id.is_null()
    ).execute()


@job()
def retry_waiting() -> None:
    """Look again at reports that waited for their text."""
    row = execute(
        "SELECT 1 FROM report WHERE state = 'waiting' AND retry_at <= %s LIMIT 1", (clock.ms(),)
    ).fetchone()
    fresh = Report.select().where(Report.state == ReportState.NEW.value).limit(1).exists()
    if row is not None or fresh:
        fold()
