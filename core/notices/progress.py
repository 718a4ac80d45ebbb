"""How far an import or a campaign has come, as a message shows it that is edited meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from core import clock, words
from core.campaigns import timing
from core.campaigns.models import Campaign, CampaignStatus
from core.campaigns.queries import NOT_HANDED, OVER, STOPPED, operators
from core.contacts.imports.models import Import, ImportStatus
from core.gateways.telegram import Button
from core.messaging import counts
from core.messaging.counts import Count
from core.messaging.models import Status
from core.money import Money
from core.notices.looks import Look, bar
from core.notices.operators import moment
from core.notices.problems import words_of
from core.notices.results import parts
from core.notices.saying import brief, kes
from core.telegram.buttons import opens

PARTS_OF_FILE = 10_000
NAME_MAX = 60

# How a campaign's state is called.
STATES: Mapping[CampaignStatus, str] = {
    CampaignStatus.DRAFT: "Not started",
    CampaignStatus.AWAITING_APPROVAL: "Waiting for approval",
    CampaignStatus.PREPARING: "Getting ready",
    CampaignStatus.SCHEDULED: "Scheduled",
    CampaignStatus.RUNNING: "On its way",
    CampaignStatus.PAUSED: "Paused",
    CampaignStatus.CANCELLING: "Being cancelled",
    CampaignStatus.CANCELLED: "Cancelled",
    CampaignStatus.COMPLETED: "Finished",
}
WAITING = "Waiting until {when}"
_TIMED = (CampaignStatus.PREPARING, CampaignStatus.SCHEDULED, CampaignStatus.RUNNING)
# A text may be reported on so late; what nobody has reported on by then stays so.
REPORTS_TAKE = timedelta(days=3)
UNHEARD = frozenset({Status.SUBMITTED.value, Status.UNKNOWN.value})
NOT_YET = frozenset(timing.WAITING)

READING = "Reading {file}"
ROWS = "Rows so far: {count}"
IMPORTED = "{file} is read. Rows: {count}."
CREATED = "New contacts: {count}"
UPDATED = "Known already: {count}"
DUPLICATE = "More than once in the file: {count}"
REJECTED = "Rows left out: {count}"
TRIED = "This was a trial: nothing has been changed."
FAILED = "{file} could not be imported."
SEND = "Send to these"
OPEN = "Open"
HANDED = "{done} of {total} handed over"
SPENT = "Cost so far: KES {amount}"


def draw_import(key: str, tenant_id: int, language: str) -> Look | None:
    """Draw an import: a bar while it goes on, its counts when it is done."""
    row = Import.get_or_none(Import.id == key, Import.tenant_id == tenant_id)
    if row is None:
        return None
    status = ImportStatus(row.status)
    if status not in (ImportStatus.COMPLETED, ImportStatus.FAILED):
        lines = [
            words.say(language, READING, file=brief(row.file_name, NAME_MAX)),
            bar(row.progress / PARTS_OF_FILE),
            words.say(language, ROWS, count=f"{row.rows:,}"),
        ]
        return Look("\n".join(lines), again_s=2.5)
    return Look("\n".join(outcome(row, language)), buttons_of(row, language), is_over=True)


def outcome(row: Import, language: str) -> list[str]:
    """Say how an import ended, a line each."""
    file = brief(row.file_name, NAME_MAX)
    if row.status == ImportStatus.FAILED.value:
        return [words.say(language, FAILED, file=file), words_of(row.problem, language)]
    told = [
        (row.created, CREATED),
        (row.updated, UPDATED),
        (row.duplicate, DUPLICATE),
        (row.rejected, REJECTED),
    ]
    lines = [words.say(language, IMPORTED, file=file, count=f"{row.rows:,}")]
    lines += [words.say(language, said, count=f"{count:,}") for count, said in told if count]
    return [*lines, words.say(language, TRIED)] if row.is_dry_run else lines


def buttons_of(row: Import, language: str) -> list[list[Button]]:
    """Offer to write to those who were imported, where they have a group."""
    has_people = row.created + row.updated + row.duplicate > 0
    if row.status != ImportStatus.COMPLETED.value or row.is_dry_run or not has_people:
        return []
    if row.group_id is None:
        return []
    return [[Button(words.say(language, SEND), opens("send", row.group_id), "success")]]


def draw_campaign(key: str, tenant_id: int, language: str) -> Look | None:
    """Draw a campaign: how many of its texts have been handed over, and what became of them."""
    row = Campaign.get_or_none(Campaign.id == key, Campaign.tenant_id == tenant_id)
    if row is None:
        return None
    status = CampaignStatus(row.status)
    found = counts.of(row.id)
    lines = [f"{brief(row.name, NAME_MAX)}: {state_of(row, language, has_begun=gone(found) > 0)}"]
    if row.started_at is not None:
        went = gone(found)
        done = went if status in STOPPED else handed_over(found)
        lines.append(bar(done / max(row.recipients, 1)))
        lines.append(words.say(language, HANDED, done=f"{went:,}", total=f"{row.recipients:,}"))
        lines += parts({each: count.messages for each, count in found.items()}, language)
        lines.append(words.say(language, SPENT, amount=kes(spent(found))))
    if row.problem and status not in OVER:
        lines.append(words_of(row.problem, language))
    button = Button(words.say(language, OPEN), opens("campaign", row.id))
    return Look(
        "\n".join(line for line in lines if line),
        [[button]],
        is_over=status in OVER and _is_known(row, found),
        again_s=_patience(row, status, found),
    )


def _is_known(row: Campaign, found: Mapping[str, Count]) -> bool:
    """Say whether nothing more will be heard of what has gone, or it has been waited for."""
    late = row.finished_at is None or clock.now() > row.finished_at + REPORTS_TAKE
    return late or not UNHEARD & {status for status, count in found.items() if count.messages}


def _patience(row: Campaign, status: CampaignStatus, found: Mapping[str, Count]) -> float:
    """Say how soon a campaign is worth another look: one that waits for its time, not often.

    What was in a paused one's hand goes on its way still, and is in its figures a moment later.
    """
    if status in OVER and row.finished_at is not None:
        age_s: float = (clock.now() - row.finished_at).total_seconds()
        return min(max(age_s / 4, 15.0), 1800.0)
    if status in (CampaignStatus.PREPARING, CampaignStatus.RUNNING, CampaignStatus.CANCELLING):
        return 3.0
    if (in_hand := found.get(Status.SUBMITTING.value)) is not None and in_hand.messages:
        return 3.0
    if status is CampaignStatus.SCHEDULED and row.schedule_at is not None:
        left_s: float = (row.schedule_at - clock.now()).total_seconds()
        return min(max(left_s, 3.0), 300.0)
    return 30.0


def state_of(row: Campaign, language: str, *, has_begun: bool = False) -> str:
    """Name a campaign's state, with the time from which it may go where that is to come.

    One that `has_begun` is on its way, though the rest of it may be made ready still. Adverts that
    are on their way wait for their hours all the same, and say so.
    """
    status = CampaignStatus(row.status)
    if has_begun and status is CampaignStatus.PREPARING:
        status = CampaignStatus.RUNNING
    said = words.say(language, STATES[status])
    if status not in _TIMED or row.started_at is None:
        return said
    goes_at = timing.goes_at(row, operators(row))
    if goes_at <= clock.now():
        return said
    if status is CampaignStatus.RUNNING:
        return words.say(language, WAITING, when=_soon(goes_at))
    return f"{said}, {moment(goes_at)}"


def _soon(at: datetime) -> str:
    """Write a moment of today by its time alone."""
    is_today = at.astimezone(clock.NAIROBI).date() == clock.now().astimezone(clock.NAIROBI).date()
    return f"{at.astimezone(clock.NAIROBI):%H:%M}" if is_today else moment(at)


def handed_over(found: Mapping[str, Count]) -> int:
    """Count the texts that wait for nothing of ours any more."""
    return sum(count.messages for status, count in found.items() if status not in NOT_YET)


def spent(found: Mapping[str, Count]) -> Money:
    """Sum what has been paid: what waits is held, and what never went is given back."""
    paid = (each for status, each in found.items() if status not in NOT_HANDED)
    return Money(sum(count.cost for count in paid))


def gone(found: Mapping[str, Count]) -> int:
    """Count the texts that the gateway took."""
    return sum(count.messages for status, count in found.items() if status not in NOT_HANDED)
