"""The second person's word: campaigns that wait for a manager or the owner."""

from __future__ import annotations

from core.campaigns import approving, findings, queries
from core.campaigns.errors import AskedAnew, CannotDecide, CostChanged
from core.campaigns.launch import asker
from core.campaigns.models import Campaign
from core.dialogue.plain import units
from core.dialogue.steps import Ask, Flow, Given, Once
from core.flows.asking import Agree, Drawn, Pick, sign
from core.flows.visits import Visit
from core.flows.wording import brief, business, kes, somebody
from core.money import Money
from core.notices import live
from core.notices.approvals import decided, goes, kind
from core.notices.operators import name_of
from core.tenants import fields
from core.tenants.profiles import Profile

SHOWN = 30
DETAIL_MAX = 600
# Beside its three choices a small screen has room for so much, if it is to stand on one page.
SMALL_ROOM = 90
SMALL_LEAST = 12
_OUTDATED = "outdated:"


def approvals_(visit: Visit) -> Flow:
    """List what waits for somebody's word, and ask for it."""
    profile = business(visit)
    if not waits_for(visit):
        return visit.say("Nothing waits for your approval.")
    chosen = yield from Pick("approvals", lambda: _waiting(visit, profile))
    return (yield from decide(visit, profile, chosen))


def decide(visit: Visit, profile: Profile, campaign_id: str, notice: str = "") -> Flow:
    """Show what somebody would agree to, and ask for a yes to just that."""
    row = queries.one(profile, campaign_id)
    seen = approving.mark(row)
    question = visit.say(
        "{name} asks: {campaign}. Texts: {count}, {cost}.",
        name=brief(name_of(asker(row)), 16),
        campaign=brief(row.name, 16),
        count=f"{row.recipients:,}",
        cost=kes(Money(row.cost)),
    )
    room = SMALL_ROOM - units(question)
    if visit.is_small and room >= SMALL_LEAST:
        question += f"\n{brief(findings.first_words_of(row), room)}"
    answer = yield from Agree(
        "approve_sure",
        "\n\n".join(filter(None, (notice, question))),
        visit,
        *(row.id, seen),
        detail=_detail(row, visit.language),
        yes=visit.say("Approve"),
        no=visit.say("Not now"),
        beside={"reject": visit.say("Reject")},
    )
    if answer == "reject":
        return (yield from reject_it(visit, profile, row.id))
    if answer != "yes":
        return visit.say("Nothing has changed.")
    yield from sign(visit, "approve_pin")
    said = yield from Once("approved", lambda once: _approve(visit, profile, row.id, seen))
    return said or _done(visit)


def approve(visit: Visit) -> Flow:
    """Say yes to what a card showed: the tap is the word, where the account is the proof.

    A card that has not followed yet showed something else. Then it is asked again, as it is now.
    """
    about = yield from Given("about")
    seen = yield from Given("seen")
    profile = business(visit)
    yield from sign(visit, "card_pin")
    said = yield from Once("card_approved", lambda once: _tapped(visit, profile, about, seen))
    if said.startswith(_OUTDATED):
        return (yield from decide(visit, profile, about, said.removeprefix(_OUTDATED)))
    return said or _done(visit)


def reject(visit: Visit) -> Flow:
    """Say no to what a card is about, and why."""
    about = yield from Given("about")
    return (yield from reject_it(visit, business(visit), about))


def reject_it(visit: Visit, profile: Profile, campaign_id: str) -> Flow:
    """Reject a campaign, with a reason."""
    reason = yield from Ask("reject_reason", visit.say("Why not? The sender is told:"), _reason)
    said = yield from Once("rejected", lambda once: _reject(visit, profile, campaign_id, reason))
    return said or visit.say("Rejected. Nothing was sent, and the sender is told.")


def waits_for(visit: Visit) -> int:
    """Count the campaigns that somebody could decide upon."""
    if visit.profile is None or visit.role not in approving.APPROVERS:
        return 0
    return len(_open_to(visit, visit.profile))


def may_decide(visit: Visit, row: Campaign) -> bool:
    """Say whether somebody could decide upon a campaign: not those who asked for it."""
    is_own = visit.person is not None and asker(row) == visit.person.actor
    return visit.role in approving.APPROVERS and not is_own


def _open_to(visit: Visit, profile: Profile) -> list[Campaign]:
    return [row for row in approving.waiting(profile.tenant_id) if may_decide(visit, row)]


def _waiting(visit: Visit, profile: Profile) -> Drawn:
    found = _open_to(visit, profile)[:SHOWN]
    options = {row.id: f"{brief(row.name, 18)}, {kes(Money(row.cost))}" for row in found}
    return visit.say("Which one do you look at?"), options


def _detail(row: Campaign, language: str) -> str | None:
    said = brief(findings.first_words_of(row), DETAIL_MAX)
    parts = (goes(row, language), kind(row, language), said)
    return "\n".join(filter(None, parts)) or None


def _reason(text: str) -> str:
    return fields.line(text, "reason", most=approving.REASON_MAX)


def _done(visit: Visit) -> str:
    return visit.say("Approved. It goes now, and the sender is told.")


def _tapped(visit: Visit, profile: Profile, campaign_id: str, seen: str) -> str:
    """Approve by a card, and have one that showed something else follow."""
    try:
        return _approve(visit, profile, campaign_id, seen)
    except (CostChanged, AskedAnew) as outdated:
        live.wake(f"approval:{campaign_id}")
        return _OUTDATED + outdated.words(visit.language)


def _approve(visit: Visit, profile: Profile, campaign_id: str, seen: str) -> str:
    """Approve; gives what to say when somebody else was first, and nothing when it is done."""
    person = somebody(visit)
    try:
        approving.approve(profile, campaign_id, person, seen=seen, channel=visit.channel)
    except CannotDecide:
        return _as_it_stands(visit, profile, campaign_id)
    return ""


def _reject(visit: Visit, profile: Profile, campaign_id: str, reason: str) -> str:
    try:
        approving.reject(
            profile, campaign_id, somebody(visit), reason=reason, channel=visit.channel
        )
    except CannotDecide:
        return _as_it_stands(visit, profile, campaign_id)
    return ""


def _as_it_stands(visit: Visit, profile: Profile, campaign_id: str) -> str:
    row = queries.one(profile, campaign_id)
    return visit.say("Nothing was changed. {how}", how=decided(row, visit.language))
