"""Why a campaign did not start or stands still, kept so that it can be said in any language."""

from __future__ import annotations

from typing import Any

import msgspec

from core import events
from core.campaigns import launch, states
from core.campaigns.errors import NotAffordable
from core.campaigns.models import Campaign, CampaignStatus
from core.database import transaction
from core.errors import Refused
from core.tenants import audit


def written(refusal: Refused) -> str:
    """A refusal as a campaign keeps it: its code, and the fields of its sentence."""
    return msgspec.json.encode({"code": refusal.code, "fields": refusal.fields}).decode()


def note(campaign_id: str, refusal: Refused) -> None:
    """Keep with a draft why it did not start."""
    with transaction():
        Campaign.update(problem=written(refusal)).where(
            Campaign.id == campaign_id, Campaign.status == CampaignStatus.DRAFT.value
        ).execute()


def turn_back(campaign: Campaign, refusal: Refused) -> None:
    """Make a draft again of what could not start, with the reason, and let whoever asked know.

    The campaign is locked, by a transaction of the caller's.
    """
    asked = launch.read(campaign)
    states.move(campaign, CampaignStatus.DRAFT, problem=written(refusal), approved_by=None)
    audit.record(
        campaign.tenant_id,
        "system",
        "system",
        "campaign.not_started",
        subject=campaign.id,
        after={"code": refusal.code},
    )
    events.record(
        "campaign.not_started",
        campaign.tenant_id,
        campaign=campaign.id,
        actor=campaign.actor if asked is None else asked.actor,
        approved_by=campaign.approved_by,
        code=refusal.code,
    )


def code(campaign: Campaign) -> str | None:
    """Return the code of a campaign's problem; None when it has none."""
    kept = _kept(campaign)
    return None if kept is None else str(kept["code"])


def refusal(campaign: Campaign) -> Refused | None:
    """Return a campaign's problem as the refusal it is; None when it has none."""
    kept = _kept(campaign)
    if kept is None:
        return None
    fields = kept["fields"]
    kinds = [Refused.catalogue()[kept["code"]]]
    # Two share this code; the one for campaigns says more.
    if kept["code"] == NotAffordable.code:
        kinds.insert(0, NotAffordable)
    return next(kind(**fields) for kind in kinds if kind.placeholders() <= fields.keys())


def words(campaign: Campaign, language: str) -> str | None:
    """Say in a language what is the matter; None when nothing is."""
    found = refusal(campaign)
    return None if found is None else found.words(language)


def _kept(campaign: Campaign) -> dict[str, Any] | None:
    return None if campaign.problem is None else msgspec.json.decode(campaign.problem)
