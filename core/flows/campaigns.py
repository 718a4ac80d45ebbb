"""Campaigns looked after: how far each has come, held back, let go on, taken back."""

from __future__ import annotations

from core import clock
from core.campaigns import campaigns, cancelling, findings, pausing, queries
from core.campaigns.errors import CampaignStale
from core.campaigns.models import Campaign, CampaignStatus
from core.campaigns.queries import Progress
from core.dialogue.plain import units
from core.dialogue.screens import Done, Picture
from core.dialogue.steps import Choose, Flow, Given, Once, Passing
from core.flows.approvals import decide, may_decide, reject_it
from core.flows.asking import Agree, Drawn, Pick, sign
from core.flows.many import settle
from core.flows.outcomes import parts
from core.flows.visits import Visit
from core.flows.wording import By, brief, business, by, entitled, kes, open_for
from core.messaging import refusals
from core.messaging.models import Status
from core.notices import problems
from core.notices.bulk import bars
from core.notices.progress import STATES, state_of
from core.tenants import roles
from core.tenants.profiles import Profile
from core.tenants.roles import Right

SHOWN = 30
LOOKS_MAX = 40
# Characters of a report that stands on one page of a small screen, whatever its state is called.
SMALL_REPORT = 130
SMALL_WORDS = 30
_STALE = "stale:"


def campaigns_(visit: Visit) -> Flow:
    """List the campaigns, newest first, and look at one."""
    profile = business(visit)
    if not queries.listing(profile, limit=1):
        return visit.say("There are no campaigns yet. Send SMS to a group to make one.")
    chosen = yield from Pick("campaigns", lambda: _listed(visit, profile))
    return (yield from _one(visit, profile, chosen))


def campaign(visit: Visit) -> Flow:
    """Look at the campaign a button is about."""
    about = yield from Given("about")
    return (yield from _one(visit, business(visit), about))


def resume_campaign(visit: Visit) -> Flow:
    """Let the campaign that a button is about go on."""
    about = yield from Given("about")
    return (yield from _resume(visit, open_for(visit, Right.SEND), about))


def cancel_campaign(visit: Visit) -> Flow:
    """Take back the rest of the campaign that a button is about."""
    about = yield from Given("about")
    return (yield from _cancel(visit, entitled(visit, Right.SEND), about))


def _listed(visit: Visit, profile: Profile) -> Drawn:
    found = queries.listing(profile, limit=SHOWN)
    return visit.say("Campaigns"), {each.id: _label(visit, each) for each in found}


def _label(visit: Visit, row: Campaign) -> str:
    made = f"{row.created_at.astimezone(clock.NAIROBI):%d/%m}"
    return f"{made} {brief(row.name, 16)}: {_state(visit, row)}"


def _state(visit: Visit, row: Campaign, *, has_begun: bool = False) -> str:
    """Where a campaign stands, without the time where that is beside it."""
    return state_of(row, visit.language, has_begun=has_begun).partition(",")[0]


def _one(visit: Visit, profile: Profile, campaign_id: str) -> Flow:
    """How one campaign stands, and what can be done with it."""
    for at in range(LOOKS_MAX):
        row = queries.one(profile, campaign_id)
        status, progress = CampaignStatus(row.status), queries.progress(profile, campaign_id)
        if status in queries.OVER or not roles.may(visit.role, Right.SEND):
            return _told(visit, row, progress)
        choice = yield from Choose(
            f"campaign{at or ''}",
            "\n".join(_lines(visit, row, progress)),
            _options(visit, row, status),
            detail=brief(findings.words_of(row), 600) or None,
        )
        if choice != "again":
            return (yield from _do(visit, profile, row, choice))
    return _told(visit, row, progress)


def _do(visit: Visit, profile: Profile, row: Campaign, choice: str) -> Flow:
    match choice:
        case "start":
            return (yield from settle(visit, open_for(visit, Right.SEND), row.id, is_kept=True))
        case "approve":
            return (yield from decide(visit, profile, row.id))
        case "reject":
            return (yield from reject_it(visit, profile, row.id))
        case "pause":
            yield from Once("campaign_paused", lambda once: _pause(visit, profile, row.id))
            return visit.say(
                "{name} is paused. Resume it under Reports, Campaigns.", name=_name(row)
            )
        case "resume":
            return (yield from _resume(visit, open_for(visit, Right.SEND), row.id))
        case "remove":
            yield from Once("campaign_removed", lambda once: _remove(visit, profile, row.id))
            return visit.say("{name} is removed.", name=_name(row))
        case _:
            return (yield from _cancel(visit, profile, row.id))


def _options(visit: Visit, row: Campaign, status: CampaignStatus) -> dict[str, str]:
    """What can be done in this state by whoever looks."""
    match status:
        case CampaignStatus.DRAFT:
            return {"start": visit.say("Go on"), "remove": visit.say("Remove")}
        case CampaignStatus.AWAITING_APPROVAL:
            options = {"cancel": visit.say("Cancel it")}
            if may_decide(visit, row):
                yes, no = visit.say("Approve"), visit.say("Reject")
                options = {"approve": yes, "reject": no}
            return options | {"again": visit.say("Look again")}
        case CampaignStatus.PAUSED:
            options = {"resume": visit.say("Resume"), "cancel": visit.say("Cancel it")}
        case CampaignStatus.CANCELLING:
            options = {}
        case _:
            options = {"pause": visit.say("Pause"), "cancel": visit.say("Cancel it")}
    return options | {"again": visit.say("Look again")}


def _lines(visit: Visit, row: Campaign, progress: Progress) -> list[str]:
    """How a campaign stands, in few words: the smallest screen has room for its choices, too."""
    has_begun = progress.handed > 0
    state = (
        _state(visit, row, has_begun=has_begun)
        if visit.is_small
        else state_of(row, visit.language, has_begun=has_begun)
    )
    if row.started_at is None:
        told = [f"{brief(row.name, 20)}: {state}"]
        if problem := problems.words_of(row.problem, visit.language):
            told.append(problem)
        elif visit.is_small and row.status == CampaignStatus.AWAITING_APPROVAL.value:
            told.append(brief(findings.first_words_of(row), SMALL_WORDS))
        return told
    told = [f"{brief(row.name, 20)}: {state}, {progress.percent}%"]
    told.append(
        visit.say(
            "Texts: {count}, {cost}",
            count=f"{progress.handed:,}/{progress.total:,}",
            cost=kes(progress.cost_taken),
        )
    )
    if visit.is_small:
        return told
    told += [*parts(visit, progress.counts), *_refused(visit, row, progress)]
    if progress.eta is not None:
        told.append(visit.say("Until about {time}", time=_moment(progress.eta)))
    if problem := problems.words_of(row.problem, visit.language):
        told.append(problem)
    return told


def _told(visit: Visit, row: Campaign, progress: Progress) -> Done:
    """How a campaign went, for whoever can only look."""
    status = CampaignStatus(row.status)
    head = visit.say(
        "{name}. Texts: {count}, {cost}",
        name=brief(row.name, 12 if visit.is_small else 40),
        count=f"{progress.total:,}",
        cost=kes(progress.cost_taken),
    )
    lines = [head, *parts(visit, progress.counts)]
    for each in _refused(visit, row, progress):
        if not visit.is_small or units("\n".join([*lines, each])) <= SMALL_REPORT:
            lines.append(each)
    if status is not CampaignStatus.COMPLETED or not visit.is_small:
        lines.insert(1, visit.say(STATES[status]))
    picture = Picture("campaign", {"name": row.name, "bars": bars(progress.counts)})
    body = brief(findings.words_of(row), 600) or None
    return Done("\n".join(lines), detail=body, picture=picture if progress.counts else None)


def _refused(visit: Visit, row: Campaign, progress: Progress) -> list[str]:
    """Say why texts were refused, where some were."""
    if not progress.counts.get(Status.REJECTED.value):
        return []
    return [f"{each.count:,}: {each.words(visit.language)}" for each in refusals.of(row.id)]


def _resume(visit: Visit, profile: Profile, campaign_id: str) -> Flow:
    """Let a paused campaign go on; one of another day only after another yes."""
    row = queries.one(profile, campaign_id)
    said = yield from Passing("campaign_resumed", lambda once: _go_on(visit, profile, campaign_id))
    if said.startswith(_STALE):
        answer = yield from Agree(
            "stale_sure",
            said.removeprefix(_STALE),
            visit,
            campaign_id,
            no=visit.say("Not now"),
            beside={"cancel": visit.say("Cancel it")},
        )
        if answer == "cancel":
            return (yield from _cancel(visit, profile, campaign_id))
        if answer != "yes":
            return visit.say("Nothing has changed.")
        yield from sign(visit, "stale_pin")
        yield from Once(
            "campaign_confirmed",
            lambda once: _go_on(visit, profile, campaign_id, confirm=True),
        )
    return visit.say("{name} goes on. We will tell you the result.", name=_name(row))


def _cancel(visit: Visit, profile: Profile, campaign_id: str) -> Flow:
    row = queries.one(profile, campaign_id)
    question = visit.say(
        "Cancel {name}? What has not gone is not sent, and its money comes back.", name=_name(row)
    )
    # Under this question a button that is called Cancel could mean either.
    yes, no = visit.say("Yes, cancel it"), visit.say("No, keep it")
    if (yield from Agree("cancel_sure", question, visit, campaign_id, yes=yes, no=no)) != "yes":
        return visit.say("Nothing has changed.")
    yield from Once("campaign_cancelled", lambda once: _call_off(visit, profile, campaign_id))
    return visit.say("{name} is cancelled. We will tell you what came back.", name=_name(row))


def _name(row: Campaign) -> str:
    return brief(row.name, 30)


def _moment(at: object) -> str:
    assert hasattr(at, "astimezone")
    return f"{at.astimezone(clock.NAIROBI):%d/%m %H:%M}"


# The acts, each for whoever may send.


def _pause(visit: Visit, profile: Profile, campaign_id: str) -> str:
    pausing.pause(profile, campaign_id, **_by(visit, profile))
    return "ok"


def _go_on(visit: Visit, profile: Profile, campaign_id: str, *, confirm: bool = False) -> str:
    try:
        pausing.resume(profile, campaign_id, confirm=confirm, **_by(visit, profile))
    except CampaignStale as stale:
        return _STALE + visit.say(
            "This campaign should have ended on {day}; {left} texts are left. Send them now?",
            **stale.fields,
        )
    return "ok"


def _call_off(visit: Visit, profile: Profile, campaign_id: str) -> str:
    cancelling.cancel(profile, campaign_id, **_by(visit, profile))
    return "ok"


def _remove(visit: Visit, profile: Profile, campaign_id: str) -> str:
    campaigns.remove(profile, campaign_id, **_by(visit, profile))
    return "ok"


def _by(visit: Visit, profile: Profile) -> By:
    return by(visit, profile.tenant_id, Right.SEND)
