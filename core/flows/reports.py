"""What became of the latest sends, in plain words; campaigns and replies."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

from core import clock
from core.campaigns.queries import listing as campaigns_of
from core.dialogue.screens import Document, Done
from core.dialogue.steps import Choose, Flow, Once
from core.flows.asking import Drawn, Pick
from core.flows.campaigns import campaigns_
from core.flows.inbox import inbox_
from core.flows.outcomes import parts
from core.flows.visits import Visit
from core.flows.when import span
from core.flows.wording import brief, business, kes, reference, somebody
from core.messaging import batches, cancelling, inbound, queries
from core.messaging.batches import Summary
from core.messaging.models import Message, Status
from core.messaging.queries import UsageBy
from core.money import Money
from core.notices.results import awaited
from core.phone import pretty
from core.tenants import roles
from core.tenants.profiles import Profile
from core.tenants.roles import Right

SHOWN = 4
WAITING_SHOWN = 12
WEEK_DAYS = 7
ONE_WAITS = {Status.SCHEDULED.value: 1}


def reports(visit: Visit) -> Flow:
    """List the latest sends and the week; tell how one of them went."""
    profile = business(visit)
    chosen = yield from Pick("reports", lambda: _latest(visit, profile))
    if chosen == "week":
        return _week(visit, profile)
    if chosen == "campaigns":
        return (yield from campaigns_(visit))
    if chosen == "inbox":
        return (yield from inbox_(visit))
    found = batches.one(profile, chosen)
    if found.counts == ONE_WAITS and roles.may(visit.role, Right.SEND):
        return (yield from _waiting(visit, profile, found))
    return _one(visit, profile, found)


def _latest(visit: Visit, profile: Profile) -> Drawn:
    options = {"week": visit.say("Last 7 days")}
    if campaigns_of(profile, limit=1):
        options["campaigns"] = visit.say("Campaigns")
    if inbound.listing(profile, limit=1):
        options["inbox"] = visit.say("Replies")
    for batch_id, due_at in awaited(profile.tenant_id, somebody(visit).id, WAITING_SHOWN).items():
        if batches.one(profile, batch_id).counts == ONE_WAITS:
            when = span(visit, due_at)
            options[batch_id] = visit.say("{when}: {count} SMS", when=when, count=1)
    for each in batches.recent(profile, SHOWN):
        told = visit.say("{when}: {count} SMS", when=_when(each.at), count=f"{each.count:,}")
        options.setdefault(each.id, told)
    return visit.say("Reports"), options


def _week(visit: Visit, profile: Profile) -> Done:
    today = clock.now().astimezone(clock.NAIROBI).date()
    since = today - timedelta(days=WEEK_DAYS - 1)
    rows = queries.usage(profile, since, today, UsageBy.STATUS)
    counts = {row.key: row.messages for row in rows}
    if not counts:
        return Done(visit.say("Nothing was sent in the last 7 days."))
    cost = sum((row.cost for row in rows), Money(0))
    head = visit.say(
        "7 days. Texts: {count}, {cost}", count=f"{sum(counts.values()):,}", cost=kes(cost)
    )
    return Done("\n".join([head, *parts(visit, counts)]))


def _waiting(visit: Visit, profile: Profile, found: Summary) -> Flow:
    """A single text whose time has not come, and which can be taken back until then."""
    (row,) = queries.listing(profile, batch=found.id)
    lines = [_head(visit, found), pretty(row.msisdn)]
    if row.due_at is not None:
        lines.append(visit.say("Goes {when}", when=span(visit, row.due_at)))
    told, options = "\n".join(lines), {"cancel": visit.say("Cancel it")}
    yield from Choose("report", told, options, detail=brief(row.body, 300))
    yield from Once("report_cancelled", lambda once: _cancel(visit, profile, row.id))
    return visit.say("It is cancelled. {amount} is back in your balance.", amount=kes(found.cost))


def _cancel(visit: Visit, profile: Profile, message_id: str) -> str:
    roles.require(somebody(visit).id, profile.tenant_id, Right.SEND)
    cancelling.cancel(profile, message_id, actor=visit.actor, channel=visit.channel)
    return "ok"


def _head(visit: Visit, found: Summary) -> str:
    return visit.say(
        "{when}. Texts: {count}, {cost}",
        when=_when(found.at),
        count=f"{found.count:,}",
        cost=kes(found.cost),
    )


def _one(visit: Visit, profile: Profile, found: Summary) -> Done:
    head = _head(visit, found)
    if visit.is_small:
        return Done("\n".join([head, *parts(visit, found.counts)]))
    rows = queries.listing(profile, batch=found.id)
    return Done(
        "\n".join([head, *parts(visit, found.counts)]),
        detail=brief(rows[0].body, 300) if rows else None,
        document=Document(f"report-{reference(found.id)}.csv", _table(rows)),
    )


def _table(rows: list[Message]) -> bytes:
    """Write texts as a table for a spreadsheet; nothing in it starts like a formula."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["number", "status", "segments", "cost_kes", "at", "reason"])
    for row in rows:
        table.writerow(
            [
                row.msisdn,
                row.status,
                row.segments,
                Money(row.cost).text(),
                row.created_at.astimezone(clock.NAIROBI).isoformat(timespec="seconds"),
                _harmless(row.reason or ""),
            ]
        )
    return out.getvalue().encode("utf-8-sig")


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _when(at: datetime) -> str:
    return f"{at.astimezone(clock.NAIROBI):%d/%m %H:%M}"
