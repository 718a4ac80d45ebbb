"""Estimates of what is not even a draft: asked, answered and forgotten."""

from __future__ import annotations

import msgspec

from core.campaigns import audience as audiences
from core.campaigns import campaigns, estimating, pricing, wording
from core.campaigns.campaigns import Wanted
from core.campaigns.estimating import Estimate
from core.campaigns.findings import Tally
from core.campaigns.models import Campaign
from core.errors import Invalid
from core.ledger import accounts
from core.messaging.errors import NoRecipients
from core.messaging.routing import route
from core.tenants.profiles import Profile

# So many are gone through while somebody waits; more are counted for a draft, behind its back.
PEOPLE_MAX = 50_000


class TooManyToMeasure(Invalid):
    """More people than are counted while somebody waits."""

    code = "too_many_to_estimate"
    title = "Too many people for one answer"
    sentence = (
        "These are over {most} people. Make a campaign with draft: true; its estimate is counted."
    )
    field = "groups"


def measure(profile: Profile, wanted: Wanted) -> Estimate:
    """Say what a send to groups, contacts and numbers would do, and keep nothing.

    Raises: what `campaigns.create` raises, TooManyToMeasure, NoRecipients.
    """
    campaign = Campaign(
        id="",
        tenant_id=profile.tenant_id,
        is_test=profile.is_test,
        price_units=profile.price_units,
        **campaigns.checked(profile, wanted),
    )
    chosen = wanted.audience
    if audiences.size_at_most(profile.tenant_id, chosen, PEOPLE_MAX + 1) > PEOPLE_MAX:
        raise TooManyToMeasure(most=f"{PEOPLE_MAX:,}")
    tally = Tally(None, route(profile).closed_at(wanted.sender_id))
    words = wording.of_campaign(campaign)
    left = accounts.balance(profile.tenant_id, profile.purse).available.units
    affordable = 0
    for page in audiences.pages(profile.tenant_id, chosen, tally.left_out):
        for _, priced in tally.take(pricing.allowed(campaign, page, words, tally)):
            left -= priced.segments * profile.price_units
            affordable += left >= 0
    _note(campaign, tally, profile.price_units)
    made = estimating.of(profile, campaign, affordable=affordable)
    if isinstance(made.obstacle, NoRecipients):
        raise made.obstacle
    return made


def _note(campaign: Campaign, tally: Tally, price: int) -> None:
    """Put what was found where an estimate looks for it."""
    campaign.recipients = tally.recipients
    campaign.segments = tally.segments
    campaign.cost = tally.segments * price
    campaign.spread = msgspec.json.encode(dict(sorted(tally.spread.items()))).decode()
    campaign.left_out = msgspec.json.encode(+tally.left_out).decode()
    campaign.findings = tally.findings().stored()
