"""What the life of a campaign refuses, and why."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core import words
from core.campaigns.models import CampaignStatus
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.ledger.errors import NotEnough

# Where a campaign stands, as it is said behind "is".
NAMES: Mapping[CampaignStatus, str] = MappingProxyType(
    {
        CampaignStatus.DRAFT: "a draft",
        CampaignStatus.AWAITING_APPROVAL: "waiting for approval",
        CampaignStatus.PREPARING: "being prepared",
        CampaignStatus.SCHEDULED: "waiting for its time",
        CampaignStatus.RUNNING: "on its way",
        CampaignStatus.PAUSED: "paused",
        CampaignStatus.CANCELLING: "being cancelled",
        CampaignStatus.CANCELLED: "cancelled already",
        CampaignStatus.COMPLETED: "finished",
    }
)


class CampaignNotFound(NotFound):
    """No such campaign, or another tenant's."""

    code = "campaign_not_found"
    title = "Campaign not found"
    sentence = "There is no such campaign. It may have been removed."


class CampaignState(Conflict):
    """Where a campaign stands does not allow the act; `status` says where that is."""

    code = "campaign_state"
    title = "Not possible for this campaign now"
    sentence = "This campaign is {status}. Look at it again."

    def words(self, language: str = "en") -> str:
        """Say where it stands in the person's language, too."""
        status = words.say(language, NAMES[CampaignStatus(self.fields["status"])])
        return words.say(language, self.sentence, **self.fields | {"status": status})


class CannotStart(CampaignState):
    """Only a draft is started."""

    sentence = "This campaign is {status} and cannot be started again. Make a new one."


class CannotChange(CampaignState):
    """Only a draft is changed or removed."""

    sentence = "This campaign is {status}. Only a draft can be changed or removed."


class CannotPause(CampaignState):
    """Nothing of it is on its way."""

    sentence = "This campaign is {status}. Only one that is on its way can be paused."


class CannotResume(CampaignState):
    """Only a paused one goes on."""

    sentence = "This campaign is {status}. Only a paused one can be resumed."


class CannotCancel(CampaignState):
    """It is over."""

    sentence = "This campaign is {status} and cannot be cancelled."


class CannotDecide(CampaignState):
    """Nobody is asked about it, or no longer."""

    sentence = "This campaign is {status}. Nobody needs to approve it."


class CampaignStale(Conflict):
    """Its day is over: what was right to say then may be wrong now."""

    code = "campaign_stale"
    title = "Campaign of another day"
    sentence = (
        "This campaign should have ended on {day}; {left} texts are left. "
        "Confirm to send them now, or cancel it."
    )


class CampaignRepeat(Conflict):
    """The same words went to the same people a little while ago."""

    code = "campaign_repeat"
    title = "The same campaign again"
    sentence = (
        "The same words went to the same people at {time}, as {name}. Confirm to send them again."
    )


class PriceChanged(Conflict):
    """It costs more than what somebody has agreed to."""

    code = "campaign_price_changed"
    title = "Price has changed"
    sentence = (
        "This costs KES {cost} now, more than the KES {agreed} agreed. "
        "Look at the estimate and start it again."
    )


class ApprovalPriceChanged(PriceChanged):
    """It costs more than what somebody was asked to approve; nothing has started."""

    sentence = (
        "This costs KES {cost} now, more than the KES {agreed} you were asked about. "
        "Look at it again and approve it if that is right."
    )


class CostChanged(PriceChanged):
    """What somebody saw cost something else; nothing has started."""

    sentence = "The cost changed from KES {agreed} to KES {cost}. Look again."


class AskedAnew(Conflict):
    """What somebody saw has changed in something else than its cost; nothing has started."""

    code = "campaign_asked_anew"
    title = "Asked anew"
    sentence = "This campaign has changed since you were asked. Look again."


class ApprovedTooLate(Conflict):
    """The time it was asked for is over: what was right to say then may be wrong now."""

    code = "campaign_approved_too_late"
    title = "Too late to approve"
    sentence = (
        "Nobody approved this campaign in time: it was to go by {time}. "
        "It is a draft again. Look at it and start it anew."
    )


class StillCounting(Conflict):
    """A large audience is being counted, and the question needs its result."""

    code = "campaign_counting"
    title = "Still being counted"
    sentence = "The people of this campaign are still being counted. Try again in a minute."


class NotAffordable(NotEnough):
    """The wallet has less than a campaign costs, perhaps enough for a part of it."""

    sentence = (
        "This costs KES {cost} and you have KES {available}. "
        "Top up, or send to the first {affordable} people."
    )

    def words(self, language: str = "en") -> str:
        """Offer a part only where there is one."""
        if self.fields["affordable"]:
            return super().words(language)
        return words.say(language, NotEnough.sentence, **self.fields)


class FirstOutOfRange(Invalid):
    """A part of the audience that is none."""

    code = "first_out_of_range"
    title = "Not a number of people"
    sentence = "Say to how many of the people it shall go: 1 or more."
    field = "first"


class WordsOrTemplate(Invalid):
    """Neither words nor a template were given, or both."""

    code = "message_or_template"
    title = "Message or template"
    sentence = "Give either the message or a template, and not both."
    field = "message"


class WordsMissing(WordsOrTemplate):
    """Neither words nor a template."""

    sentence = "Say what to send: write a message, or name a template."


class OwnApproval(NotAllowed):
    """Two people agree to a large campaign, or it is one person's word."""

    code = "own_approval"
    title = "Needs a second person"
    sentence = "You asked for this campaign yourself. Another manager or the owner must approve it."


class NotApproved(Conflict):
    """In a campaign's `problem`: somebody said no to it."""

    code = "campaign_not_approved"
    title = "Campaign not approved"
    sentence = "{name} did not approve this campaign. The reason: {reason}."
