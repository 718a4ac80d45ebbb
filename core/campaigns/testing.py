"""Trying a campaign's text out on a phone of one's own, before anybody else gets it."""

from __future__ import annotations

from collections import Counter

from core.campaigns import audience as audiences
from core.campaigns import queries, wording
from core.campaigns.audience import Recipient
from core.campaigns.models import Campaign
from core.database import transaction
from core.messaging import sending
from core.messaging.errors import NoRecipients
from core.messaging.models import Category
from core.messaging.sending import Batch, Order, Text
from core.tenants import audit, rows
from core.tenants.profiles import Profile


def send_test(
    profile: Profile,
    campaign_id: str,
    to: str | None = None,
    *,
    once: str | None = None,
    actor: str,
    channel: str,
) -> Batch:
    """Send to one number what the first of a campaign's people would get; priced like any text.

    Without a number it goes to the business's own phone. Calling again with the same `once` sends
    nothing more. Raises: CampaignNotFound, ValueMissing, NoRecipients, InvalidText, what
    `sending.send` raises, TenantNotActive.
    """
    profile.require_active()
    campaign = queries.one(profile, campaign_id)
    body = wording.of_campaign(campaign).text_for(_first(campaign)).body
    number = rows.get(profile.tenant_id).phone if to is None else to
    order = Order(
        [Text(number, body)],
        sender_id=campaign.sender_id,
        category=Category(campaign.category),
        rewrite=campaign.rewrite,
    )
    key = None if once is None else f"test:{once}"
    with transaction():
        sent = sending.send(profile, order, once=key, actor=actor)
        audit.record(
            profile.tenant_id,
            actor,
            channel,
            "campaign.tested",
            subject=campaign.id,
            after={"batch": sent.id},
        )
    return sent


def _first(campaign: Campaign) -> Recipient:
    """Find the first of a campaign's people. Raises: NoRecipients."""
    chosen = audiences.read(campaign.audience)
    for page in audiences.pages(campaign.tenant_id, chosen, Counter()):
        return page[0]
    raise NoRecipients
