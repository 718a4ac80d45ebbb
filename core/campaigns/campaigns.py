"""Campaigns as drafts: made, changed, removed. Nothing of a draft goes, and none of it costs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
import peewee

from core import clock, ids, text
from core.campaigns import audience as audiences
from core.campaigns import placeholders, queries, states, templates, wording
from core.campaigns.audience import Audience
from core.campaigns.errors import CannotChange, WordsMissing, WordsOrTemplate
from core.campaigns.models import Campaign, CampaignStatus
from core.database import transaction
from core.messaging.bulk import spool
from core.messaging.errors import EmptyText
from core.messaging.models import Category
from core.messaging.preparing import checked_time
from core.messaging.routing import route
from core.tenants import audit, fields
from core.tenants.profiles import Profile

NAME_MAX = 120
# What a campaign is called when nobody has named it.
_NAMED_AFTER = 40


@dataclass(frozen=True, slots=True)
class Wanted:
    """A campaign as it was asked for: words of its own, or a template's.

    `params` are values for all, beside each person's own. `rewrite` lets us trade look-alikes for
    cheaper characters.
    """

    name: str
    audience: Audience
    message: str | None = None
    template_id: str | None = None
    params: Mapping[str, str] | None = None
    category: Category = Category.TRANSACTIONAL
    sender_id: str | None = None
    schedule_at: datetime | None = None
    rewrite: bool = False


def create(
    profile: Profile,
    wanted: Wanted,
    *,
    once: str | None = None,
    is_passing: bool = False,
    actor: str,
    channel: str,
) -> Campaign:
    """Make a draft. Making it again with the same `once` gives the first one.

    One that `is_passing` is forgotten within about an hour, unless it is kept or started.

    Raises: WordsOrTemplate, EmptyText, PlaceholderWrong, InvalidText, TemplateNotFound,
    NobodyChosen, TooManyNumbers, GroupNotFound, ContactNotFound, SenderNotApproved,
    SenderWrongClass, ScheduleInPast, ScheduleTooFar, FieldTooLong and its kin, TenantNotActive.
    """
    profile.require_active()
    key = None if once is None else _once(profile, once)
    if (earlier := _made_by(key)) is not None:
        return earlier
    values = checked(profile, wanted)
    try:
        with transaction():
            made = Campaign.create(
                id=ids.new("cmp"),
                tenant_id=profile.tenant_id,
                is_test=profile.is_test,
                once=key,
                is_passing=is_passing,
                actor=actor,
                channel=channel,
                created_at=clock.now(),
                **values,
            )
            audit.record(
                profile.tenant_id,
                actor,
                channel,
                "campaign.created",
                subject=made.id,
                after={"name": made.name, "class": made.category},
            )
    except peewee.IntegrityError:
        if (earlier := _made_by(key)) is None:
            raise
        return earlier
    return made


def change(
    profile: Profile,
    campaign_id: str,
    wanted: Wanted | Callable[[Wanted], Wanted],
    *,
    actor: str,
    channel: str,
) -> Campaign:
    """Write a draft anew; what was found out about the old one counts for nothing.

    `wanted` may be made of what it was before: of two such changes at once both count.
    Raises: CampaignNotFound, CannotChange, and what `create` raises.
    """
    profile.require_active()
    with transaction():
        campaign = states.locked(campaign_id, profile)
        if states.status_of(campaign) is not CampaignStatus.DRAFT:
            raise CannotChange(status=campaign.status)
        values = checked(profile, wanted(wanted_of(campaign)) if callable(wanted) else wanted)
        changed = states.move(campaign, CampaignStatus.DRAFT, **values, **states.UNPRICED)
        audit.record(
            profile.tenant_id,
            actor,
            channel,
            "campaign.changed",
            subject=campaign.id,
            after={"name": changed.name, "class": changed.category},
        )
    return changed


def wanted_of(campaign: Campaign) -> Wanted:
    """Say again how a campaign was asked for."""
    return Wanted(
        name=campaign.name,
        audience=audiences.read(campaign.audience),
        message=campaign.message,
        template_id=campaign.template_id,
        params=queries.document(campaign.params) or None,
        category=Category(campaign.category),
        sender_id=campaign.sender_id,
        schedule_at=campaign.schedule_at,
        rewrite=campaign.rewrite,
    )


def remove(profile: Profile, campaign_id: str, *, actor: str, channel: str) -> None:
    """Delete a draft. Raises: CampaignNotFound, CannotChange."""
    with transaction():
        campaign = states.locked(campaign_id, profile)
        if states.status_of(campaign) is not CampaignStatus.DRAFT:
            raise CannotChange(status=campaign.status)
        Campaign.delete().where(Campaign.id == campaign.id).execute()
        audit.record(
            profile.tenant_id,
            actor,
            channel,
            "campaign.removed",
            subject=campaign.id,
            before={"name": campaign.name},
        )
    spool.drop(campaign_id)


def keep(profile: Profile, campaign_id: str) -> None:
    """Let a draft that was made in passing stay."""
    with transaction():
        Campaign.update(is_passing=False).where(
            Campaign.id == campaign_id, Campaign.tenant_id == profile.tenant_id
        ).execute()


def _once(profile: Profile, once: str) -> str:
    side = "test" if profile.is_test else "live"
    return f"campaign:{profile.tenant_id}:{side}:{once}"[:120]


def _made_by(key: str | None) -> Campaign | None:
    return None if key is None else Campaign.get_or_none(Campaign.once == key)


def checked(profile: Profile, wanted: Wanted) -> dict[str, object]:
    """Check what is wanted, and write it as it is kept. Raises: what `create` raises."""
    audiences.check(profile.tenant_id, wanted.audience)
    route(profile).sender(wanted.sender_id, wanted.category)
    template_id, version = None, None
    if wanted.message is None and wanted.template_id is None:
        raise WordsMissing
    if wanted.message is not None and wanted.template_id is not None:
        raise WordsOrTemplate
    if wanted.template_id is not None:
        template = templates.find(profile.tenant_id, wanted.template_id)
        template_id, version = template.id, template.version
        name = wanted.name or template.name
    else:
        words = text.tidy(wanted.message or "").strip()
        if not words:
            raise EmptyText
        placeholders.check(words)
        wording.Wording({"": words}, "", category=wanted.category)
        name = wanted.name or _named_after(words)
    params = None if not wanted.params else msgspec.json.encode(dict(wanted.params)).decode()
    values: dict[str, object] = {
        "category": wanted.category.value,
        "message": wanted.message,
        "template_id": template_id,
        "template_version": version,
        "params": params,
        "audience": wanted.audience.stored(),
        "rewrite": wanted.rewrite,
        "sender_id": wanted.sender_id,
    }
    told = hashlib.sha256(msgspec.json.encode(values, order="sorted")).hexdigest()
    return values | {
        "name": fields.line(name, "name", most=NAME_MAX),
        "fingerprint": told,
        "schedule_at": checked_time(wanted.schedule_at),
    }


def _named_after(words: str) -> str:
    """Name a campaign by how its words begin."""
    begins = wording.clean(words)[:_NAMED_AFTER]
    return begins if any(each.isalnum() for each in begins) else "SMS"
