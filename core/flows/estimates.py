"""What a campaign would do, shown before a yes: briefly, and at length where there is room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from core.campaigns import audience
from core.campaigns.launching import Estimate
from core.campaigns.models import Campaign
from core.dialogue.plain import units
from core.flows.composing import is_dearer
from core.flows.visits import Visit
from core.flows.when import span
from core.flows.wording import brief, kes
from core.messaging import reach
from core.messaging.guards import Reason
from core.messaging.models import Category
from core.money import Money
from core.tenants.models import Role

OFFENDERS_NAMED = 3
SAMPLE_MAX = 1200
NAME_ROOM = 16
NAME_LEAST = 8
# What stands on one page of a small screen above the choices.
SMALL_ROOM = 100
MUCH = Money.kes(10_000)

# Why people are left out, in the order in which they are told.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        audience.OPTED_OUT: "Opted out: {count}",
        audience.BLOCKED: "Blocked: {count}",
        audience.DUPLICATE: "Twice in it: {count}",
        audience.INVALID: "No right number: {count}",
        Reason.NUMBER_CAP.value: "Had the most today: {count}",
        Reason.REPEAT.value: "Had the same text: {count}",
    }
)


UNREACHED = "{sender} is not approved by {operator}: {count} left out"
UNREACHED_SMALL = "{sender} not at {operator}: {count} left out"


def needs_approval(visit: Visit, found: Estimate) -> bool:
    """Say whether somebody else has to agree to this before it goes."""
    most = _threshold(visit)
    return visit.role is Role.SENDER and most is not None and found.cost.units > most


def _threshold(visit: Visit) -> int | None:
    """What a sender there spends alone (KES/4); None is no limit."""
    return None if visit.profile is None else visit.profile.approval_units


def lines(visit: Visit, campaign: Campaign, found: Estimate) -> list[str]:
    """What fits the smallest screen: to how many, how many SMS, the cost, what is left, when."""
    told = [_whom(visit, campaign, found)]
    left = _about(found.balance_after)
    told.append(visit.say("{cost}, left {left}", cost=kes(found.cost), left=left))
    told += _all_unreached(visit, found)
    told += _others(visit, found, told)
    told.append(_when(visit, found, told))
    return told


def _others(visit: Visit, found: Estimate, told: list[str]) -> list[str]:
    """Say how many others are left out; why, says the detail, or a small screen that has room."""
    out = sum(found.left_out.values()) - (sum(found.closed.values()) if visit.is_small else 0)
    if not out:
        return []
    total, why = visit.say("Left out: {count}", count=f"{out:,}"), ", ".join(_why(visit, found))
    least = span(visit, found.goes_at, found.until, is_brief=True)
    return [why if visit.is_small and _fits([*told, why, least]) else total]


def _when(visit: Visit, found: Estimate, told: list[str]) -> str:
    """Say when they go and until about when, as fully as there is room beside what is told."""
    full = span(visit, found.goes_at, found.until)
    least = span(visit, found.goes_at, found.until, is_brief=True)
    ways = [visit.say("Goes {when}", when=full), full, visit.say("Goes {when}", when=least)]
    return next((way for way in ways if not visit.is_small or _fits([*told, way])), least)


def _fits(told: list[str]) -> bool:
    return units("\n".join(told)) <= SMALL_ROOM


def _all_unreached(visit: Visit, found: Estimate) -> list[str]:
    """Where there is no room for more, say in one line whom the sender ID does not reach."""
    if not visit.is_small or not found.closed:
        return []
    return [_unreached(visit, found, sum(found.closed.values()), found.closed)]


def _unreached(visit: Visit, found: Estimate, count: int, operators: Iterable[str]) -> str:
    """Say whom the sender ID does not reach."""
    names = {"sender": found.sender_id, "operator": reach.named(operators)}
    said = UNREACHED_SMALL if visit.is_small else UNREACHED
    return visit.say(said, **names, count=f"{count:,}")


def _about(left: Money) -> str:
    """Write what is left; of much, the cents say nothing and take room."""
    return kes(left) if left < MUCH else kes(Money.kes(left // Money.kes(1)))


def shortage(visit: Visit, campaign: Campaign, found: Estimate) -> list[str]:
    """What is said when the money does not reach for all."""
    available = kes(max(Money(0), found.balance_after + found.cost))
    return [
        _whom(visit, campaign, found),
        visit.say(
            "It costs {cost}, you have {available}.", cost=kes(found.cost), available=available
        ),
        *_all_unreached(visit, found),
    ]


def _whom(visit: Visit, campaign: Campaign, found: Estimate) -> str:
    count = f"{found.recipients:,}"
    each = f"{found.segments_min}-{found.segments_max}"
    if found.segments_min == found.segments_max:
        each = str(found.segments_max)
    room = NAME_ROOM - len(count) if visit.is_small else 40
    if room < NAME_LEAST:
        return visit.say("{count} x {segments} SMS", count=count, segments=each)
    name = brief(campaign.name, room)
    return visit.say("{name}: {count} x {segments} SMS", name=name, count=count, segments=each)


def detail(visit: Visit, campaign: Campaign, found: Estimate) -> str:
    """What a larger screen shows besides: a text as it goes, who gets none, what makes it dear."""
    blocks = [brief_text(found.samples[0].text) if found.samples else ""]
    if len(found.spread) > 1:
        blocks.append("\n".join(_spread(visit, found)))
    blocks.append("\n".join(_left_out(visit, found)))
    blocks.append("\n".join(_dear(visit, campaign, found)))
    if campaign.category == Category.PROMOTIONAL.value:
        blocks.append("\n".join(_hours(visit, found)))
    if campaign.sender_id:
        blocks.append(visit.say("From {sender}", sender=campaign.sender_id))
    if needs_approval(visit, found):
        most = _threshold(visit) or 0
        blocks.append(visit.say("Above {limit} a manager must agree.", limit=kes(Money(most))))
    return "\n\n".join(block for block in blocks if block)


def brief_text(body: str) -> str:
    """Cut a text that would fill the screen."""
    return body if len(body) <= SAMPLE_MAX else body[: SAMPLE_MAX - 3] + "..."


def cost_of_first(found: Estimate, count: int) -> tuple[Money, bool]:
    """Return what the first so many cost at most, and whether that is just what they cost."""
    price = found.cost.units // max(1, found.segments_total)
    most = Money(count * found.segments_max * price)
    available = found.balance_after + found.cost
    return min(most, available), found.segments_min == found.segments_max


def nobody(visit: Visit, found: Estimate) -> str:
    """Say why nobody at all would get it; empty when that is not what is wrong."""
    if found.recipients or not (why := _left_out(visit, found)):
        return ""
    return "\n".join([visit.say("Nobody would get it."), *why])


def _spread(visit: Visit, found: Estimate) -> list[str]:
    return [
        visit.say("{segments} SMS each: {count}", segments=size, count=f"{count:,}")
        for size, count in sorted(found.spread.items())
    ]


def _left_out(visit: Visit, found: Estimate) -> list[str]:
    unreached = [
        _unreached(visit, found, count, [operator]) for operator, count in found.closed.items()
    ]
    return unreached + _why(visit, found)


def _why(visit: Visit, found: Estimate) -> list[str]:
    """Say for each reason but the operators' how many are left out."""
    return [
        visit.say(said, count=f"{found.left_out[reason]:,}")
        for reason, said in REASONS.items()
        if found.left_out.get(reason)
    ]


def _dear(visit: Visit, campaign: Campaign, found: Estimate) -> list[str]:
    """Name the signs that make it dear, what plain letters would save, and who has not agreed."""
    told = []
    is_dear = found.rewrite_saves > Money(0) or any(is_dearer(each.text) for each in found.samples)
    if found.offenders and is_dear:
        named = [each.character for each in found.offenders[:OFFENDERS_NAMED]]
        told.append(visit.say("Costly characters: {signs}.", signs=", ".join(named)))
    if found.rewrite_saves > Money(0) and not campaign.rewrite:
        told.append(
            visit.say("Plain letters would save {amount}.", amount=kes(found.rewrite_saves))
        )
    if found.without_consent and campaign.category == Category.PROMOTIONAL.value:
        count = f"{found.without_consent:,}"
        told.append(visit.say("Without a noted consent: {count}", count=count))
    return told


def _hours(visit: Visit, found: Estimate) -> list[str]:
    """Say in which hours each operator takes adverts, and from when these go."""
    return [
        visit.say(
            "{operator}: {start}-{end}, from {when}",
            operator=window.operator.capitalize(),
            start=f"{window.opens:%H:%M}",
            end=f"{window.closes:%H:%M}",
            when=span(visit, window.goes_at),
        )
        for window in found.windows
    ]
