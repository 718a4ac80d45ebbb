"""A campaign that needs a second person: the card that asks for a yes, and how it was decided."""

from __future__ import annotations

from core import words
from core.campaigns import approving, findings
from core.campaigns.launch import asker
from core.campaigns.models import Campaign, CampaignStatus
from core.gateways.telegram import Button
from core.messaging.models import Category
from core.money import Money
from core.notices.looks import Look
from core.notices.operators import moment, name_of
from core.notices.problems import words_of
from core.notices.progress import NAME_MAX, state_of
from core.notices.saying import brief, kes
from core.settings import settings
from core.telegram.buttons import opens

ASKED = "{name} asks to send an SMS to {count} people for KES {cost}: {campaign}"
GOES = "Goes {when}"
ADVERT = "Advert"
NOTICE = "Notice or service"
FROM = "From {sender}"
APPROVED = "{name} has approved it."
WORDS_MAX = 600


def draw(key: str, tenant_id: int, language: str) -> Look | None:
    """Draw the card: who wants to spend how much on what, and two buttons while that is open."""
    row = Campaign.get_or_none(Campaign.id == key, Campaign.tenant_id == tenant_id)
    if row is None:
        return None
    lines = [asked(row, language)]
    if when := goes(row, language):
        lines.append(when)
    lines.append(kind(row, language))
    if said := findings.first_words_of(row):
        lines += ["", brief(said, WORDS_MAX)]
    if row.status == CampaignStatus.AWAITING_APPROVAL.value:
        yes = Button(
            words.say(language, "Approve"), opens("approve", row.id, approving.mark(row)), "success"
        )
        no = Button(words.say(language, "Reject"), opens("reject", row.id), "danger")
        return Look("\n".join(lines), [[yes, no]], again_s=60.0)
    return Look("\n".join([*lines, "", decided(row, language)]), is_over=True)


def asked(row: Campaign, language: str) -> str:
    """Say who asks for what."""
    return words.say(
        language,
        ASKED,
        name=name_of(asker(row)),
        count=f"{row.recipients:,}",
        cost=kes(Money(row.cost)),
        campaign=brief(row.name, NAME_MAX),
    )


def goes(row: Campaign, language: str) -> str:
    """Say when it is to go; nothing when that is at once."""
    if row.schedule_at is None:
        return ""
    return words.say(language, GOES, when=moment(row.schedule_at))


def kind(row: Campaign, language: str) -> str:
    """Say of which class it is, and under which name it goes."""
    is_advert = row.category == Category.PROMOTIONAL.value
    said = words.say(language, ADVERT if is_advert else NOTICE)
    sender = row.sender_id or settings().onfon.sender_id
    return f"{said}. {words.say(language, FROM, sender=sender)}"


def decided(row: Campaign, language: str) -> str:
    """Say what came of it."""
    if row.problem:
        return words_of(row.problem, language)
    if row.approved_by:
        return words.say(language, APPROVED, name=name_of(row.approved_by))
    return state_of(row, language)
