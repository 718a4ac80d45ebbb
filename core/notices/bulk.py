"""What people are told of campaigns and imports: asked for a yes, stopped, and how it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

from core import clock, words
from core.campaigns.launch import asker
from core.campaigns.models import Campaign, CampaignStatus
from core.contacts.imports import rejected
from core.contacts.imports.models import Import, ImportStatus
from core.dialogue.screens import Document
from core.gateways.telegram import Button
from core.ledger.models import Hold
from core.messaging import counts, reasons, refusals
from core.messaging.models import Status
from core.money import Money
from core.notices import approvals, charts, live, progress
from core.notices.charts import Bar
from core.notices.models import Notice, NoticeState
from core.notices.notebook import Matter
from core.notices.operators import name_of
from core.notices.problems import words_of
from core.notices.saying import Later, Nothing, Said, Words, kes, say
from core.settings import settings
from core.telegram.buttons import opens

# Reports come within seconds; whoever waits longer would rather know what is known.
PATIENCE = timedelta(minutes=5)
LOOK_AGAIN = timedelta(seconds=15)
MOMENT = timedelta(seconds=2)
REJECTED_BYTES = 5_000_000

ASKED = (
    "{name} asks to send {campaign} to {count} people for KES {cost}. Dial {code} to approve it."
)
APPROVED = "{name} has approved {campaign}. It goes now."
REJECTED = "{name} has not approved {campaign}: {reason}"
STALE = "{campaign} has stopped: its day is over, and {left} SMS are left. Send them now or cancel."
PAUSED = "{campaign} has stopped: {reason}"
NOT_STARTED = "{campaign} has not started: {reason}"
CANCELLED = "{campaign} is cancelled. {done} SMS had gone; KES {amount} is back in your balance."
RESULT = "{campaign}: {parts}. KES {amount}."
IMPORTED = "{file}: {created} new, {updated} known, {duplicate} twice, {rejected} left out."
IMPORT_FAILED = "{file} could not be imported. {reason}"
LEFT_OUT = "Rows left out of {file}: {count}. The file says why."
READING = "{file} is being read. We will tell you."

BECAME = "What became of the SMS"

# What became of a campaign's texts, in the fewest words: a label for the chart, and for a text.
LUMPS: tuple[tuple[str, str, tuple[Status, ...]], ...] = (
    ("Delivered", "{count} delivered", (Status.DELIVERED,)),
    ("No report yet", "{count} sent, no report yet", (Status.SUBMITTED, Status.UNKNOWN)),
    (
        "Not delivered",
        "{count} not delivered",
        (Status.UNDELIVERED, Status.EXPIRED, Status.FAILED, Status.REJECTED),
    ),
    ("Not sent", "{count} not sent", (Status.SUPPRESSED, Status.CANCELLED)),
)


def _campaign(matter: Matter) -> Campaign | None:
    found: Campaign | None = Campaign.get_or_none(
        Campaign.id == matter.data["campaign"], Campaign.tenant_id == matter.tenant_id
    )
    return found


def of_campaign(
    compose: Callable[[Campaign, Matter, str], Said],
) -> Callable[[Matter, str], Said]:
    """Tell something of a campaign, if it is still there."""

    def tell(matter: Matter, language: str) -> Said:
        row = _campaign(matter)
        return Nothing("The campaign is gone.") if row is None else compose(row, matter, language)

    return tell


def _approval(row: Campaign, matter: Matter, language: str) -> Said:
    if row.status != CampaignStatus.AWAITING_APPROVAL.value:
        return Nothing("It has been decided.")
    look = approvals.draw(row.id, row.tenant_id, language)
    assert look is not None
    said = say(
        language,
        ASKED,
        {"name": name_of(asker(row)), "campaign": row.name},
        count=f"{row.recipients:,}",
        cost=kes(Money(row.cost)),
        code=settings().ussd.service_code,
    )
    return replace(said, whole=look.text, buttons=look.buttons, follow=f"approval:{row.id}")


def _approved(row: Campaign, matter: Matter, language: str) -> Said:
    if row.status == CampaignStatus.AWAITING_APPROVAL.value:
        return Nothing("It could not start, which whoever approved it has been told.")
    names = {"name": name_of(str(matter.data["by"])), "campaign": row.name}
    return replace(say(language, APPROVED, names), buttons=_open(row, language))


def _rejected(row: Campaign, matter: Matter, language: str) -> Said:
    names = {
        "name": name_of(str(matter.data["by"])),
        "campaign": row.name,
        "reason": str(matter.data.get("reason") or "-"),
    }
    return say(language, REJECTED, names)


def _stale(row: Campaign, matter: Matter, language: str) -> Said:
    if row.status != CampaignStatus.PAUSED.value:
        return Nothing("It goes on, or is over.")
    done = progress.handed_over(counts.of(row.id))
    left = f"{max(0, row.recipients - done):,}"
    yes = Button(words.say(language, "Send now"), opens("resume_campaign", row.id), "success")
    no = Button(words.say(language, "Cancel the rest"), opens("cancel_campaign", row.id), "danger")
    said = say(language, STALE, {"campaign": row.name}, left=left)
    return replace(said, buttons=[[yes, no]])


def _paused(row: Campaign, matter: Matter, language: str) -> Said:
    if row.status != CampaignStatus.PAUSED.value:
        return Nothing("It goes on, or is over.")
    names = {"campaign": row.name, "reason": words_of(row.problem, language)}
    return replace(say(language, PAUSED, names), buttons=_open(row, language))


def _not_started(row: Campaign, matter: Matter, language: str) -> Said:
    if row.status != CampaignStatus.DRAFT.value:
        return Nothing("It has started since.")
    names = {"campaign": row.name, "reason": words_of(row.problem, language)}
    return replace(say(language, NOT_STARTED, names), buttons=_open(row, language))


def _cancelled(row: Campaign, matter: Matter, language: str) -> Said:
    hold = Hold.get_or_none(Hold.id == row.id)
    back = Money(0 if hold is None else hold.released)
    return say(
        language,
        CANCELLED,
        {"campaign": row.name},
        done=f"{progress.gone(counts.of(row.id)):,}",
        amount=kes(back),
    )


def _finished(row: Campaign, matter: Matter, language: str) -> Said:
    found = counts.of(row.id)
    open_still = {Status.SUBMITTED.value, Status.UNKNOWN.value} & found.keys()
    since = row.finished_at or matter.at
    if open_still and clock.now() < since + PATIENCE:
        return Later(clock.now() + LOOK_AGAIN)
    counted = {status: count.messages for status, count in found.items()}
    told = [(said, _sum(counted, many)) for _, said, many in LUMPS]
    parts = [words.say(language, said, count=f"{count:,}") for said, count in told if count]
    amount = kes(progress.spent(found))
    said = say(language, RESULT, {"campaign": row.name}, parts=", ".join(parts), amount=amount)
    if counted.get(Status.REJECTED.value):
        why = refusals.of(row.id)
        whole = "\n".join(
            [said.whole, *(f"{each.count:,}: {each.words(language)}" for each in why)]
        )
        said = replace(said, whole=whole)
        if why and len(counted) == 1:  # the reason is all there is to tell
            said = replace(
                said,
                short=say(language, reasons.WORDS[why[0].code], {}, sender=why[0].sender).short,
            )
    shown = [Bar(words.say(language, label), count) for label, count in bars(counted)]
    lines = [words.say(language, progress.SPENT, amount=amount)]
    picture = charts.draw_bars(row.name, lines, shown, words.say(language, BECAME))
    return replace(said, picture=picture, buttons=_open(row, language))


def bars(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    """Sum what became of texts for a chart: labels, and how many."""
    return [(label, _sum(counted, many)) for label, _, many in LUMPS]


def _sum(counted: Mapping[str, int], statuses: tuple[Status, ...]) -> int:
    return sum(counted.get(status.value, 0) for status in statuses)


def _open(row: Campaign, language: str) -> list[list[Button]]:
    return [[Button(words.say(language, "Report"), opens("campaign", row.id))]]


def _moving(row: Campaign, matter: Matter, language: str) -> Said:
    """Begin the message that shows how a campaign goes."""
    look = progress.draw_campaign(row.id, row.tenant_id, language)
    assert look is not None
    follow = f"campaign:{row.id}"
    return Words(look.text, "", look.buttons, follow=follow, is_chat_only=True)


# Imports.


def _import(matter: Matter) -> Import | None:
    found: Import | None = Import.get_or_none(
        Import.id == matter.data["import"], Import.tenant_id == matter.tenant_id
    )
    return found


def _reading(matter: Matter, language: str) -> Said:
    """Begin the message that shows how far an import has come, and ends as its result."""
    row = _import(matter)
    if row is None:
        return Nothing("The import is gone.")
    look = progress.draw_import(row.id, row.tenant_id, language)
    assert look is not None
    said = say(language, READING, {"file": row.file_name})
    follow = f"import:{row.id}"
    return replace(said, whole=look.text, buttons=look.buttons, follow=follow, is_chat_only=True)


def _imported(matter: Matter, language: str) -> Said:
    """Tell how an import ended, unless a message in the chat has shown it all along."""
    row = _import(matter)
    if row is None:
        return Nothing("The import is gone.")
    subject = f"import:{row.id}"
    is_late = clock.now() > (row.finished_at or matter.at) + PATIENCE
    if _is_begun(row.id) or (live.is_going(subject) and not is_late):
        return Later(clock.now() + MOMENT)
    document = _left_out(row, language)
    if live.has_shown(subject):
        if document is None:
            return Nothing("It was shown as it went on.")
        count = f"{row.rejected:,}"
        said = say(language, LEFT_OUT, {"file": row.file_name}, count=count)
        return replace(said, document=document)
    names = {"file": row.file_name}
    if row.status == ImportStatus.FAILED.value:
        reason = words_of(row.problem, language)
        return say(language, IMPORT_FAILED, names | {"reason": reason})
    fields = {name: f"{getattr(row, name):,}" for name in ("created", "updated", "duplicate")}
    said = say(language, IMPORTED, names, **fields, rejected=f"{row.rejected:,}")
    whole = "\n".join(progress.outcome(row, language))
    buttons = progress.buttons_of(row, language)
    return replace(said, whole=whole, buttons=buttons, document=document)


def _is_begun(import_id: str) -> bool:
    """Say whether a message about an import is on its way into the chat at this moment."""
    waiting = (NoticeState.NEW.value, NoticeState.POSTING.value)
    return bool(
        Notice.select()
        .where(Notice.cause == live_cause(import_id), Notice.state.in_(waiting))
        .exists()
    )


def live_cause(subject_id: str) -> str:
    """Name the cause of the message that follows an import or a campaign."""
    return f"live:{subject_id}"


def _left_out(row: Import, language: str) -> Document | None:
    if not row.rejected:
        return None
    content = rejected.table(row, language, most_bytes=REJECTED_BYTES)
    return Document(f"rejected-{row.id[-5:]}.csv", content)


KINDS: Mapping[str, Callable[[Matter, str], Said]] = MappingProxyType(
    {
        "campaign.approval_needed": of_campaign(_approval),
        "campaign.approved": of_campaign(_approved),
        "campaign.rejected": of_campaign(_rejected),
        "campaign.stale": of_campaign(_stale),
        "campaign.paused": of_campaign(_paused),
        "campaign.not_started": of_campaign(_not_started),
        "campaign.cancelled": of_campaign(_cancelled),
        "campaign.completed": of_campaign(_finished),
        "campaign.live": of_campaign(_moving),
        "import.live": _reading,
        "import.completed": _imported,
        "import.failed": _imported,
    }
)
