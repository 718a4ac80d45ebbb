"""Sending to many: drafted, counted, shown with all it comes to, tried, agreed to, started once."""

from __future__ import annotations

from datetime import datetime

from core import clock
from core.campaigns import campaigns, launching, queries, testing
from core.campaigns.campaigns import Wanted
from core.campaigns.errors import CampaignRepeat
from core.campaigns.launching import Estimate
from core.campaigns.models import Campaign, CampaignStatus
from core.campaigns.placeholders import ValueMissing
from core.campaigns.shortcomings import TextsEmpty, TextsTooLong
from core.dialogue.screens import Done
from core.dialogue.steps import Choose, Flow, Once, Part, Passing
from core.errors import Refused
from core.flows.asking import Agree, sign
from core.flows.composing import (
    NAME_MAX,
    ask_category,
    ask_said,
    ask_sender,
    ask_spelling,
    ask_values,
)
from core.flows.estimates import cost_of_first, detail, lines, needs_approval, nobody, shortage
from core.flows.recipients import To
from core.flows.topup import topup
from core.flows.visits import Visit
from core.flows.when import ask_when, span
from core.flows.wording import By, brief, by, kes, reference, somebody
from core.ledger.errors import NotEnough
from core.money import Money
from core.notices import notebook
from core.notices.bulk import live_cause
from core.phone import pretty
from core.tenants import roles
from core.tenants.models import Role
from core.tenants.profiles import Profile
from core.tenants.roles import Right

LOOKS_MAX = 60
TESTS_MAX = 10
REWRITTEN_MAX = 20
SMALL_NOTICE = 80
# What other words would put right.
OF_THE_WORDS = (ValueMissing, TextsTooLong, TextsEmpty)
_AGAIN = "again:"


def send_many(visit: Visit, profile: Profile, to: To) -> Flow:
    """Ask what to send, of which kind and when; make a draft of it, and lead to its start."""
    assert to.audience is not None
    audience = to.audience
    said = yield from ask_said(visit, profile.tenant_id, audience)
    category = yield from ask_category(visit)
    sender = yield from ask_sender(visit, profile.tenant_id, category)
    is_plain = yield from ask_spelling(visit, said.body)
    at = yield from ask_when(visit)

    def wanted() -> Wanted:
        return Wanted(
            to.name,
            audience,
            message=None if said.template_id else said.body,
            template_id=said.template_id,
            params=said.params or None,
            category=category,
            sender_id=sender,
            schedule_at=at,
            rewrite=is_plain,
        )

    campaign_id = yield from Passing("draft", lambda once: _create(visit, profile, wanted(), once))
    for again in map(str, range(1, REWRITTEN_MAX + 1)):
        found = yield from _counted(visit, profile, campaign_id, f"_{again}_")
        if found is None:
            return (yield from _waits(visit, profile, campaign_id))
        if not isinstance(found.obstacle, OF_THE_WORDS):
            break
        # The draft stays the same one: when it is well, what was asked here is not asked again.
        act = "rewritten"
        if found.missing and said.template_id:
            act = "filled"
            said = yield from ask_values(visit, said, _for_the_rest(visit, found), f"{again}_rest")
        else:
            why = _why(visit, found.obstacle)
            said = yield from ask_said(visit, profile.tenant_id, audience, again=again, notice=why)
            is_plain = yield from ask_spelling(visit, said.body, again)
        yield from Passing(
            f"{act}{again}", lambda once: _rewrite(visit, profile, campaign_id, wanted())
        )
    return (yield from settle(visit, profile, campaign_id))


def _for_the_rest(visit: Visit, found: Estimate) -> dict[str, str]:
    """Ask for what only some of the people have."""
    return {
        each.name: visit.say(
            "People without {name}: {count}. Type one for them:",
            count=f"{each.count:,}",
            name=brief(each.name, NAME_MAX),
        )
        for each in found.missing
    }


def _why(visit: Visit, obstacle: Refused) -> str:
    """Say what is wrong with the words, as briefly as a small screen with a question needs it."""
    if not visit.is_small:
        return obstacle.words(visit.language)
    if not isinstance(obstacle, ValueMissing):
        return brief(obstacle.words(visit.language), SMALL_NOTICE)
    return visit.say(
        "No value of {name} for {count} of them. Give a default: {{{{{name}|...}}}}",
        name=brief(str(obstacle.fields["name"]), 12),
        count=f"{obstacle.fields['count']:,}",
    )


def _waits(visit: Visit, profile: Profile, campaign_id: str) -> Part[str]:
    """Leave a draft to be gone on with later."""
    yield from Once("kept", lambda once: _keep(profile, campaign_id))
    return visit.say("It waits under Reports, Campaigns.")


def _keep(profile: Profile, campaign_id: str) -> str:
    campaigns.keep(profile, campaign_id)
    return "ok"


def _rewrite(visit: Visit, profile: Profile, campaign_id: str, wanted: Wanted) -> str:
    campaigns.change(profile, campaign_id, wanted, **_by(visit, profile))
    return "ok"


def _create(visit: Visit, profile: Profile, wanted: Wanted, once: str) -> str:
    made = campaigns.create(
        profile, wanted, once=f"chat:{once}", is_passing=True, **_by(visit, profile)
    )
    return str(made.id)


def settle(visit: Visit, profile: Profile, campaign_id: str, *, is_kept: bool = False) -> Flow:
    """Show what a draft comes to, and start it after a yes; or try it, or leave it.

    One that `is_kept` stays a draft after a no; another is dropped.
    """
    found = yield from _counted(visit, profile, campaign_id)
    if found is None:
        return (yield from _waits(visit, profile, campaign_id))
    campaign = queries.one(profile, campaign_id)
    if found.obstacle is not None:
        if not is_kept:
            yield from Once("dropped", lambda once: _drop(visit, profile, campaign.id))
        return nobody(visit, found) or found.obstacle.words(visit.language)
    tried: datetime | None = None
    for at in range(TESTS_MAX):
        again = str(at or "")
        answer = yield from _preview(visit, profile, campaign, found, again, tried)
        if answer != "test":
            break
        yield from sign(visit, f"test{again}_pin")
        tried = datetime.fromisoformat(
            (yield from Once(f"test{again}", lambda once: _test(visit, profile, campaign_id, once)))
        )
        if visit.is_small:  # nobody reads an SMS while they dial
            return visit.say(
                "A test goes to {phone}, {when}. To send to all: Reports, Campaigns.",
                phone=pretty(visit.msisdn or ""),
                when=span(visit, tried),
            )
        found = launching.estimate(profile, campaign_id) or found
    if answer == "topup":
        yield from Once("kept", lambda once: _keep(profile, campaign_id))
        return (yield from topup(visit))
    first: int | None = None
    agreed = found.cost
    if answer == "first":
        first = found.affordable
        agreed, is_exact = cost_of_first(found, first)
        told = {"count": f"{first:,}", "total": f"{found.recipients:,}", "cost": kes(agreed)}
        question = (
            visit.say("Send to the first {count} of {total}? It costs {cost}.", **told)
            if is_exact
            else visit.say("Send to the first {count} of {total}? It costs {cost} at most.", **told)
        )
        terms = (campaign.id, campaign.fingerprint, first, agreed.units)
        answer = yield from Agree("first_sure", question, visit, *terms)
    if answer != "yes" and is_kept:
        return visit.say("It waits under Reports, Campaigns.")
    if answer != "yes":
        yield from Once("dropped", lambda once: _drop(visit, profile, campaign.id))
        return visit.say("Nothing was sent.")
    return (yield from _start(visit, profile, campaign, found, first, agreed))


def _start(
    visit: Visit,
    profile: Profile,
    campaign: Campaign,
    found: Estimate,
    first: int | None,
    agreed: Money,
) -> Flow:
    """Start a draft that has been agreed to; once more, when the same went out a moment ago."""
    yield from sign(visit, "send_pin")
    began = yield from Passing(
        "send", lambda once: _launch(visit, profile, campaign.id, first, agreed, once)
    )
    if began.startswith(_AGAIN):
        if (
            yield from Agree("repeat_sure", began.removeprefix(_AGAIN), visit, campaign.id)
        ) != "yes":
            return visit.say("Nothing was sent.")
        yield from sign(visit, "repeat_pin")
        began = yield from Once(
            "repeat",
            lambda once: _launch(visit, profile, campaign.id, first, agreed, once, repeat=True),
        )
    return _begun(visit, campaign, found, first, CampaignStatus(began))


def _counted(
    visit: Visit, profile: Profile, campaign_id: str, again: str = ""
) -> Part[Estimate | None]:
    """Wait for a large audience to be counted, one look at a time. None when nobody waits."""
    for at in range(1, LOOKS_MAX):
        found = launching.estimate(profile, campaign_id)
        if found is not None:
            return found
        answer = yield from Choose(
            f"counting{again}{at}",
            visit.say("Counting the people and the cost. It takes up to a minute."),
            {"again": visit.say("Look again"), "leave": visit.say("Not now")},
        )
        if answer == "leave":
            break
    return None


def _preview(
    visit: Visit,
    profile: Profile,
    campaign: Campaign,
    found: Estimate,
    again: str,
    tried: datetime | None = None,
) -> Part[str]:
    """Show everything that counts and ask for a yes; or for less, or more money.

    `tried` is when the last test comes, where there was one.
    """
    is_short = found.balance_after < Money(0)
    shown = shortage(visit, campaign, found) if is_short else lines(visit, campaign, found)
    if tried is not None:
        shown = [visit.say("Test to your phone: {when}.", when=span(visit, tried)), *shown]
    instead: dict[str, str] = {}
    if is_short:
        if found.affordable:
            count = f"{found.affordable:,}"
            instead["first"] = visit.say("Send to the first {count}", count=count)
        instead["topup"] = visit.say("Top up")
    return (
        yield from Agree(
            f"send{again}_sure",
            "\n".join(shown),
            visit,
            *(campaign.id, campaign.fingerprint, found.recipients, found.cost.units),
            span(visit, found.goes_at),
            detail=detail(visit, campaign, found),
            yes=visit.say("Ask a manager") if needs_approval(visit, found) else "",
            instead=instead or None,
            beside=None if is_short else {"test": _try_label(visit)},
        )
    )


def _try_label(visit: Visit) -> str:
    return visit.say("Test") if visit.is_small else visit.say("Test to my phone")


def _begun(
    visit: Visit,
    campaign: Campaign,
    found: Estimate,
    first: int | None,
    status: CampaignStatus,
) -> Done:
    if status is CampaignStatus.AWAITING_APPROVAL:
        return Done(visit.say("A manager must agree first. We have asked them, and will tell you."))
    return Done(
        visit.say(
            "Done: {count} SMS taken on, {when}. Ref {reference}. We will tell you the result.",
            count=f"{first or found.recipients:,}",
            when=span(visit, found.goes_at, found.until),
            reference=reference(campaign.id),
        )
    )


def _test(visit: Visit, profile: Profile, campaign_id: str, once: str) -> str:
    """Send the test; gives when it goes, for an advert waits for its hours."""
    who_acts = _by(visit, profile)
    campaigns.keep(profile, campaign_id)
    sent = testing.send_test(profile, campaign_id, visit.msisdn, once=f"chat:{once}", **who_acts)
    return (sent.messages[0].schedule_at or clock.now()).isoformat()


def _drop(visit: Visit, profile: Profile, campaign_id: str) -> str:
    campaigns.remove(profile, campaign_id, **_by(visit, profile))
    return "ok"


def _launch(
    visit: Visit,
    profile: Profile,
    campaign_id: str,
    first: int | None,
    agreed: Money,
    once: str,
    *,
    repeat: bool = False,
) -> str:
    """Start a campaign; gives how it stands, or the words to ask about a repetition with."""
    role = roles.require(somebody(visit).id, profile.tenant_id, Right.SEND)
    try:
        begun = launching.launch(
            profile,
            campaign_id,
            first=first,
            once=f"chat:{once}",
            actor=visit.actor,
            channel=visit.channel,
            needs_approval=role is Role.SENDER,
            confirm=repeat,
            agreed=agreed,
        )
    except CampaignRepeat as refusal:
        told = {"time": refusal.fields["time"], "name": brief(refusal.fields["name"], 20)}
        return _AGAIN + visit.say(
            "The same words went to the same people at {time}, as {name}. Send them again?", **told
        )
    except NotEnough:
        campaigns.keep(profile, campaign_id)  # it waits for a top-up
        raise
    campaigns.keep(profile, campaign_id)
    status = CampaignStatus(begun.status)
    if visit.channel == "telegram" and status is not CampaignStatus.AWAITING_APPROVAL:
        follow(visit, profile.tenant_id, campaign_id)
    return status.value


def follow(visit: Visit, tenant_id: int, campaign_id: str) -> None:
    """Have a message in the chat show how a campaign goes."""
    notebook.put(
        live_cause(campaign_id),
        f"person:{somebody(visit).id}",
        "campaign.live",
        tenant_id=tenant_id,
        data={"campaign": campaign_id},
    )


def _by(visit: Visit, profile: Profile) -> By:
    return by(visit, profile.tenant_id, Right.SEND)
