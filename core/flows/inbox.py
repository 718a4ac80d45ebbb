"""What people have answered: the latest replies, each to be read and answered."""

from __future__ import annotations

from core import clock, phone
from core.contacts import contacts
from core.dialogue.steps import Choose, Flow
from core.flows.asking import Drawn, Pick
from core.flows.visits import Visit
from core.flows.wording import brief, business
from core.messaging import inbound, optouts
from core.messaging.models import Inbound
from core.messaging.replies import Verdict
from core.tenants import roles
from core.tenants.profiles import Profile
from core.tenants.roles import Right

SHOWN = 30
SHOWN_SMALL = 10
BODY_SMALL = 80


def inbox_(visit: Visit) -> Flow:
    """List the replies, newest first, and show one whole."""
    profile = business(visit)
    if not inbound.listing(profile, limit=1):
        return visit.say("There are no replies yet.")
    chosen = yield from Pick("inbox", lambda: _listed(visit, profile))
    row = inbound.one(profile, chosen)
    told = _told(visit, profile, row)
    if not roles.may(visit.role, Right.SEND) or not row.msisdn.isdigit():
        return told
    yield from Choose("inbox_one", told, {"answer": visit.say("Answer")})
    from core.flows.send import write_to  # the two know each other

    return (yield from write_to(visit, f"n{row.msisdn}"))


def _listed(visit: Visit, profile: Profile) -> Drawn:
    found = inbound.listing(profile, limit=SHOWN_SMALL if visit.is_small else SHOWN)
    return visit.say("Replies"), {row.id: _label(profile, row) for row in found}


def _label(profile: Profile, row: Inbound) -> str:
    at = row.received_at.astimezone(clock.NAIROBI)
    return f"{at:%d/%m %H:%M} {brief(_who(profile, row), 14)}: {brief(row.body, 20)}"


def _told(visit: Visit, profile: Profile, row: Inbound) -> str:
    at = row.received_at.astimezone(clock.NAIROBI)
    body = brief(row.body, BODY_SMALL) if visit.is_small else row.body
    lines = [f"{brief(_who(profile, row), 24)}, {at:%d/%m %H:%M}", body]
    if row.verdict == Verdict.OPT_OUT.value:
        out = optouts.standing(profile.tenant_id, row.msisdn)
        is_all = out >= set(optouts.ALL)
        lines.append(visit.say("Opted out of all SMS." if is_all else "Opted out."))
    if row.verdict == Verdict.OPT_IN.value:
        lines.append(visit.say("Opted in again."))
    return "\n".join(lines)


def _who(profile: Profile, row: Inbound) -> str:
    """Name somebody as the business knows them."""
    known = contacts.by_number(profile.tenant_id, row.msisdn)
    if known is not None and known.name:
        return str(known.name)
    return phone.pretty(row.msisdn) if row.msisdn.isdigit() else str(row.msisdn)
