"""Pricing a campaign: write every text, count it, and leave it in the spool. A hot path.

What is found stands with the campaign: how many people, segments, what it costs, who is left out
and why. A pricing belongs to an attempt, and writes only while that attempt is the campaign's
latest: whoever has lost it stops, and whoever was killed is simply followed by another attempt.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from core import clock
from core.campaigns import audience, findings, leases, problems, wording
from core.campaigns.audience import Recipient
from core.campaigns.errors import NotAffordable
from core.campaigns.findings import Tally
from core.campaigns.models import Campaign, CampaignStatus
from core.campaigns.wording import Priced, Wording
from core.contacts import book
from core.contacts.models import ContactBook
from core.database import execute, savepoint, transaction
from core.errors import Refused
from core.ledger.models import Hold
from core.messaging import guards, suppression
from core.messaging.bulk import spool
from core.messaging.models import Category
from core.messaging.routing import route
from core.money import Money
from core.tenants.profiles import Profile
from core.tenants.profiles import profile as find_profile

# Whoever prices shows this often that it lives.
LEASE_MS = 15_000
GOOD_FOR = timedelta(minutes=15)
_BEFORE = (CampaignStatus.DRAFT, CampaignStatus.AWAITING_APPROVAL, CampaignStatus.PREPARING)

_BEGIN = f"""
    UPDATE campaign SET attempt = attempt + 1, priced_at = NULL
    WHERE id = %s AND started_at IS NULL AND status IN ({", ".join(["%s"] * len(_BEFORE))})
    RETURNING attempt
"""  # noqa: S608
_KEEP = """
    UPDATE campaign SET lease_until = CASE WHEN lease_until > %s THEN lease_until ELSE %s END
    WHERE id = %s AND attempt = %s RETURNING 1
"""
_FOUND = """
    UPDATE campaign
    SET priced_at = %s, price_units = %s, recipients = %s, segments = %s, cost = %s, spread = %s,
        left_out = %s, findings = %s,
        problem = COALESCE(%s, CASE WHEN problem = %s THEN NULL ELSE problem END),
        lease_until = CASE WHEN holder = '' THEN 0 ELSE lease_until END
    WHERE id = %s AND attempt = %s RETURNING 1
"""


class _Lost(Exception):
    """Another attempt has begun, or the campaign is gone."""


def begin(campaign_id: str) -> int | None:
    """Begin another pricing; earlier ones end with that. Returns its attempt.

    None when the campaign is gone, or its money is held: then nothing may change any more.
    """
    try:
        with savepoint(), transaction():
            row = execute(_BEGIN, (campaign_id, *(each.value for each in _BEFORE))).fetchone()
            # The campaign is locked now, so whoever held for it has done so before this is asked.
            if row is None or Hold.select().where(Hold.id == campaign_id).exists():
                raise _Lost
            return int(row[0])
    except _Lost:
        return None


def price(campaign_id: str, attempt: int) -> Campaign | None:
    """Price a campaign, as the attempt that `begin` gave. Returns it with what was found.

    `priced_at` is when the pricing began. Whatever keeps the campaign from starting is its
    `problem`, and its `obstacle`: then nothing is left in the spool. None when another attempt has
    begun meanwhile. Raises: PlaceholderWrong, InvalidText (the words themselves are wrong).
    """
    try:
        campaign = _of_attempt(campaign_id, attempt)
        _drop(campaign)
        return _price(campaign)
    except _Lost:
        return None


def _price(campaign: Campaign) -> Campaign:
    began = _began(campaign)
    profile = find_profile(campaign.tenant_id, is_test=campaign.is_test)
    writer = spool.Writer(campaign.id, profile.price_units)
    closed_at = route(profile).closed_at(campaign.sender_id)
    tally = Tally(campaign.first, closed_at)
    words = wording.of_campaign(campaign)
    chosen = audience.read(campaign.audience)
    for page in audience.pages(campaign.tenant_id, chosen, tally.left_out):
        if tally.room is not None and tally.room < len(page):
            page = _up_to_last(campaign, page, words, tally.room, Tally(None, closed_at))
        texts = tally.take(allowed(campaign, page, words, tally))
        # Nothing of it will go once anything is wrong: the rest is only counted.
        if tally.is_sound:
            for who, priced in texts:
                writer.add(who.msisdn, priced.body, priced.is_unicode, priced.segments)
        _store(campaign, writer.ready() if tally.is_sound else [])
        if tally.is_full:
            break
    found = tally.findings()
    refusal = found.refusal(campaign.sender_id)
    with transaction():
        _keep(campaign)
        book.keep(campaign.tenant_id)
        if _has_erased_since(campaign, began):
            found.forget_people()
            refusal = found.refusal(campaign.sender_id)
        spool.store(writer.ready(last=True) if refusal is None else [])
        execute(
            _FOUND,
            (
                *(clock.to_ms(began), profile.price_units, tally.recipients, tally.segments),
                tally.segments * profile.price_units,
                msgspec.json.encode(dict(sorted(tally.spread.items()))).decode(),
                msgspec.json.encode(+tally.left_out).decode(),
                found.stored(),
                None if refusal is None else problems.written(refusal),
                _outdated(campaign),
                campaign.id,
                campaign.attempt,
            ),
        )
    if refusal is not None:
        _drop(campaign)
    return _of_attempt(campaign.id, campaign.attempt)


def _began(campaign: Campaign) -> datetime:
    """Return the moment by which whatever changes while a campaign is priced is noticed.

    The book's lock waits for whoever is changing it: what they do is committed before anything is
    read, and what others do after that has a later moment.
    """
    began = clock.now()
    with transaction():
        _keep(campaign)
        book.keep(campaign.tenant_id)
    return began


def _has_erased_since(campaign: Campaign, began: datetime) -> bool:
    """Say whether somebody was erased since: under the book's lock, nobody is meanwhile."""
    erased = ContactBook.tenant_id == campaign.tenant_id, ContactBook.erased_at >= began
    return bool(ContactBook.select().where(*erased).exists())


def _outdated(campaign: Campaign) -> str | None:
    """The problem that an earlier pricing found. A no, or money that was not there, stays."""
    was_priced_wrong = problems.code(campaign) in findings.OBSTACLES
    return campaign.problem if was_priced_wrong else None


def _up_to_last(
    campaign: Campaign, page: list[Recipient], words: Wording, room: int, trial: Tally
) -> list[Recipient]:
    """Cut a page behind the last for whom there is room: what others lack holds up nobody."""
    going = allowed(campaign, page, words, trial)
    return page if len(going) < room else page[: page.index(going[room - 1][0]) + 1]


def allowed(
    campaign: Campaign, page: list[Recipient], words: Wording, tally: Tally
) -> list[tuple[Recipient, Priced]]:
    """Write the texts of a page, without those who must get none."""
    category = Category(campaign.category)
    asked = tally.reached(_without_suppressed(campaign, category, page, tally))
    found: list[tuple[Recipient, Priced]] = []
    write = words.writer
    for who in asked:
        priced = write(who)
        if priced is None:
            tally.lacks(who, words.missing(who))
        else:
            found.append((who, priced))
    stopped = guards.among(
        campaign.tenant_id,
        category,
        [(who.msisdn, priced.body) for who, priced in found],
        at=campaign.schedule_at,
        but=campaign.id,
        is_test=campaign.is_test,
    )
    if not stopped:
        return found
    tally.left_out.update([reason.value for reason in stopped.values()])
    return [(who, priced) for who, priced in found if who.msisdn not in stopped]


def _without_suppressed(
    campaign: Campaign, category: Category, page: list[Recipient], tally: Tally
) -> list[Recipient]:
    """Take out those who want none of this class, and those the business has blocked.

    A contact's status does not tell of which class they want no more.
    """
    # As it is now: an answer of a second ago must not be counted among those who get it.
    if not suppression.has_any(campaign.tenant_id):
        return page
    out = suppression.among_now(campaign.tenant_id, category, [who.msisdn for who in page])
    if not out:
        return page
    tally.left_out.update(out.values())
    return [who for who in page if who.msisdn not in out]


def _of_attempt(campaign_id: str, attempt: int) -> Campaign:
    campaign = Campaign.get_or_none(Campaign.id == campaign_id, Campaign.attempt == attempt)
    if campaign is None:
        raise _Lost
    return campaign


def _keep(campaign: Campaign) -> None:
    """Keep others away from the campaign until the transaction ends, while it is still ours."""
    until = clock.ms() + leases.LEASE_MS
    if execute(_KEEP, (until, until, campaign.id, campaign.attempt)).fetchone() is None:
        raise _Lost


def _store(campaign: Campaign, chunks: list[tuple[object, ...]]) -> None:
    with transaction():
        _keep(campaign)
        spool.store(chunks)


def _drop(campaign: Campaign) -> None:
    """Throw away what an earlier attempt left, or what will not go."""
    is_left = True
    while is_left:
        with transaction():
            _keep(campaign)
            is_left = spool.drop_some(campaign.id)


def is_fresh(campaign: Campaign, profile: Profile) -> bool:
    """Say whether what was found may still be acted on.

    It may not when it is old, or when the price, where the sender ID is approved, or anything about
    the contacts has changed since.
    """
    if campaign.priced_at is None or campaign.price_units != profile.price_units:
        return False
    if clock.now() - campaign.priced_at >= GOOD_FOR:
        return False
    if route(profile).closed_at(campaign.sender_id) != findings.of(campaign).closed.keys():
        return False
    return (
        not ContactBook.select()
        .where(
            ContactBook.tenant_id == campaign.tenant_id,
            (ContactBook.erased_at >= campaign.priced_at)
            | (ContactBook.changed_at > campaign.priced_at),
        )
        .exists()
    )


def obstacle(campaign: Campaign) -> Refused | None:
    """What was found to keep a campaign from starting, whatever became of its `problem` since."""
    return findings.of(campaign).refusal(campaign.sender_id)


def affordable(campaign: Campaign, available: Money) -> int:
    """Return how many of the first people a sum of money reaches for."""
    if available.units >= campaign.cost:
        return int(campaign.recipients)
    return spool.first_within(campaign.id, max(0, available.units))


def shortage(campaign: Campaign, available: Money, affordable: int) -> NotAffordable:
    """Say that a sum of money reaches only for so many of the people."""
    return NotAffordable(
        cost=Money(campaign.cost).text(),
        available=max(Money(0), available).text(),
        affordable=affordable,
        campaign=campaign.id,
    )


def forget(campaign_id: str) -> None:
    """Throw a pricing away: what it was about has changed, or the campaign is removed.

    Does nothing once the money is held.
    """
    if begin(campaign_id) is not None:
        spool.drop(campaign_id)
