"""How a campaign was asked to be started: kept with it, for whoever finishes the start."""

from __future__ import annotations

from datetime import datetime

import msgspec

from core.campaigns.models import Campaign


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked, through which door, and on which conditions.

    `agreed` is the most it may cost (KES/4), once somebody has agreed to a figure, or is asked to.
    `price` is what a segment cost (KES/4) when the campaign was last estimated: where nobody has
    agreed to a figure, that one is not exceeded.
    With `needs_approval` a cost above the threshold waits for a second person, until `good_until`.
    `is_confirmed` says that the same words may go to the same people again.
    """

    actor: str
    channel: str
    once: str | None = None
    needs_approval: bool = False
    agreed: int | None = None
    price: int | None = None
    is_confirmed: bool = False
    good_until: datetime | None = None


def written(launch: Launch) -> str:
    """Write it as a campaign keeps it."""
    return msgspec.json.encode(launch).decode()


def read(campaign: Campaign) -> Launch | None:
    """Read how a campaign was asked to be started; None when nobody has asked."""
    return None if campaign.launch is None else msgspec.json.decode(campaign.launch, type=Launch)


def asker(campaign: Campaign) -> str:
    """Return who asked for a campaign to be started."""
    asked = read(campaign)
    return campaign.actor if asked is None else asked.actor
