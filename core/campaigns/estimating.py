"""What a campaign would reach, cost and leave, and when it would go: known before anything goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from core import text
from core.campaigns import findings, pricing, timing, wording
from core.campaigns.errors import NotAffordable
from core.campaigns.findings import Missing, Offending, Sample
from core.campaigns.models import Campaign
from core.errors import Refused
from core.ledger import accounts
from core.messaging import rules
from core.messaging.models import Category
from core.messaging.rules import Window
from core.money import Money
from core.tenants.profiles import Profile


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a campaign would do, without doing it.

    `spread` says how many people get a text of how many segments, `left_out` how many get none and
    why. `rewrite` are the words in cheaper letters, with their places still to be filled in, and
    `rewrite_saves` what all texts written so would save; None and nothing when there is no saving.
    `affordable` is how many of the people, in order, the balance reaches for; `windows` are each
    operator's hours, for adverts. `closed` says how many are left out at each operator that has not
    approved the sender ID. `missing` are values that some people lack; `obstacle` is
    whatever keeps it from starting, those included; `shortage` says that only the money does.
    """

    recipients: int
    spread: Mapping[int, int]
    left_out: Mapping[str, int]
    encoding: str
    offenders: Sequence[Offending]
    rewrite: str | None
    rewrite_saves: Money
    cost: Money
    balance_after: Money
    affordable: int
    goes_at: datetime
    until: datetime
    windows: Sequence[Window]
    without_consent: int
    missing: Sequence[Missing]
    samples: Sequence[Sample]
    obstacle: Refused | None
    shortage: NotAffordable | None = None
    sender_id: str | None = None
    closed: Mapping[str, int] = field(default_factory=dict)

    @property
    def segments_min(self) -> int:
        """Segments of the shortest text; 0 when there is none."""
        return min(self.spread, default=0)

    @property
    def segments_max(self) -> int:
        """Segments of the longest text; 0 when there is none."""
        return max(self.spread, default=0)

    @property
    def segments_total(self) -> int:
        """Segments of all texts together."""
        return sum(each * people for each, people in self.spread.items())


def of(profile: Profile, campaign: Campaign, *, affordable: int | None = None) -> Estimate:
    """Say what was found out about a campaign, and what it means for the balance and the clock.

    `affordable` is given where it is known already.
    """
    found = findings.of(campaign)
    cost = Money(campaign.cost)
    available = accounts.balance(profile.tenant_id, profile.purse).available
    if affordable is None:
        affordable = pricing.affordable(campaign, available)
    is_short = cost > max(Money(0), available)
    saves = 0 if campaign.rewrite else found.saves  # that they are cheaper is in their cost already
    operators = list(found.operators) if _is_advert(campaign) else []
    return Estimate(
        sender_id=campaign.sender_id,
        recipients=campaign.recipients,
        spread=_spread(campaign),
        left_out=msgspec.json.decode(campaign.left_out or "{}", type=dict[str, int]),
        encoding=text.UCS2 if found.unicode else text.GSM7,
        offenders=found.offenders,
        rewrite=wording.of_campaign(campaign).cheaper if saves else None,
        rewrite_saves=Money(saves * int(campaign.price_units or 0)),
        cost=cost,
        balance_after=available - cost,
        affordable=affordable,
        goes_at=timing.goes_at(campaign, operators),
        until=timing.until(campaign, operators, campaign.recipients),
        windows=rules.windows(Category(campaign.category), operators, timing.starts_at(campaign)),
        closed={operator: people for operator, people in found.closed.items() if people},
        without_consent=found.without_consent,
        missing=found.missing,
        samples=found.samples,
        obstacle=found.refusal(campaign.sender_id),
        shortage=pricing.shortage(campaign, available, affordable) if is_short else None,
    )


def _spread(campaign: Campaign) -> dict[int, int]:
    return msgspec.json.decode(campaign.spread or "{}", type=dict[int, int])


def _is_advert(campaign: Campaign) -> bool:
    return bool(campaign.category == Category.PROMOTIONAL.value)
