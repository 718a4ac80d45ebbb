"""Putting money into the wallet, from a phone that pays by M-PESA."""

from __future__ import annotations

from core.dialogue.screens import Done
from core.dialogue.steps import Ask, Choose, Flow, Once, Part
from core.flows.asking import Agree
from core.flows.help import pay_in
from core.flows.visits import Visit
from core.flows.wording import amount, kes, open_for
from core.money import Money
from core.payments import topups
from core.phone import pretty
from core.settings import settings
from core.tenants import rows
from core.tenants.profiles import Profile
from core.tenants.roles import Right


def topup(visit: Visit) -> Flow:
    """Ask how much and who pays; the prompt comes to that phone, the result as a message."""
    profile = open_for(visit, Right.TOP_UP)
    if visit.channel == "telegram" and not settings().telegram.topup_in_chat:
        return _elsewhere(visit, profile)
    most = Money(settings().mpesa.payment_max_units).to_kes()
    sum_ = yield from Ask(
        "topup_amount",
        visit.say("Top up by M-PESA.\nAmount in KES (1-{most}):", most=f"{most:,}"),
        _sum,
    )
    payer = yield from _payer(visit, sum_)
    question = visit.say("Pay {amount} from {phone}?", amount=kes(sum_), phone=pretty(payer))
    terms = (profile.tenant_id, sum_.units, payer)
    if (yield from Agree("topup_sure", question, visit, *terms)) != "yes":
        return visit.say("Nothing was paid.")
    yield from Once("topup", lambda once: _request(visit, profile, sum_, payer, once))
    return Done(
        visit.say(
            "Wait for the M-PESA request on {phone} and enter your M-PESA PIN there. "
            "We will tell you the result.",
            phone=pretty(payer),
        )
    )


def _payer(visit: Visit, sum_: Money) -> Part[str]:
    own = visit.msisdn
    if own is None or not own.startswith("254"):
        return (
            yield from Ask(
                "topup_number", visit.say("Which M-PESA number pays?"), topups.read_payer
            )
        )
    payer = yield from Choose(
        "topup_payer",
        visit.say("Who pays {amount}?", amount=kes(sum_)),
        {"own": pretty(own), "other": visit.say("Another number")},
    )
    if payer == "own":
        return own
    return (
        yield from Ask("topup_number", visit.say("Which M-PESA number pays?"), topups.read_payer)
    )


def _sum(text: str) -> Money:
    found = amount(text)
    topups.check_amount(found)
    return found


def _request(visit: Visit, profile: Profile, sum_: Money, payer: str, once: str) -> str:
    """Ask for the payment. A phone shows no prompt while its dialogue is open, so that waits."""
    delay_s = settings().mpesa.push_delay_seconds if visit.channel == "ussd" else 0
    made = topups.request(
        profile, sum_, payer, once=f"chat:{once}", actor=visit.actor, push_after_s=delay_s
    )
    return str(made.id)


def _elsewhere(visit: Visit, profile: Profile) -> Done:
    """How to pay where this chat may not ask for it."""
    lines = [
        visit.say("Top up on your phone:"),
        pay_in(visit, rows.get(profile.tenant_id).account_number),
        visit.say("The money is here within a minute."),
    ]
    return Done("\n".join(lines))
