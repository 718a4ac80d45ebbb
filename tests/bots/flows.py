"""A small registry, with every kind of question, for the bot to speak."""

from __future__ import annotations

import msgspec

from core.dialogue.engine import Engine
from core.dialogue.screens import Document, Done, Picture
from core.dialogue.steps import (
    Ask,
    Choose,
    Confirm,
    Contact,
    File,
    Flow,
    Given,
    Once,
    Pin,
    Upload,
)
from core.errors import Invalid
from core.flows import Visit

PAID: list[tuple[str, int]] = []
PIN = "Zq7pinXk27"  # no part of it comes up by chance in the data of a button
DAYS = [{"day": f"2026-11-{day:02d}", "messages": day * 7} for day in range(1, 15)]


class Wrong(Invalid):
    code = "test_bot_wrong"
    title = "Wrong"
    sentence = "Not a number."


def menu(visit: Visit) -> Flow:
    options = {"pay": visit.say("Top up"), "balance": visit.say("Balance"), "many": "Many"}
    choice = yield from Choose("menu", "Menu <&>", options, is_home=True)
    return (yield from FLOWS[choice](visit))


def pay(visit: Visit) -> Flow:
    amount = yield from Ask("amount", "How much?", _amount)
    sure = yield from Confirm("sure", f"Pay {amount}?", visit)
    if sure == "no":
        return "Nothing was paid."
    yield from Once("pay", lambda once: _pay(once, amount))
    return f"Paid {amount}."


def balance(visit: Visit) -> Flow:
    yield from ()
    data = {"business": "Salon", "available": "1250.00", "units": 5, "days": DAYS}
    return Done("Balance KES 1,250", picture=Picture("balance", data))


def many(visit: Visit) -> Flow:
    options = {f"group_{at:02d}_{'x' * 60}": f"Group {at}" for at in range(1, 26)}
    chosen = yield from Choose("which", "Which?", options)
    return f"Chosen {chosen[:8]}"


def link(visit: Visit) -> Flow:
    msisdn = yield from Contact("phone", "Which phone is yours?")
    return f"Yours is {msisdn}."


def pin(visit: Visit) -> Flow:
    yield from Pin("pin", "PIN?", _check)
    return "Opened."


def keys(visit: Visit) -> Flow:
    yield from Confirm("sure", "Make a key?", visit)
    return Done("Made.", secret="sk_live_abc<def>")


def report(visit: Visit) -> Flow:
    yield from ()
    return Done("Here.", detail="x" * 5000, document=Document("report.csv", b"a,b\n"))


def broken(visit: Visit) -> Flow:
    yield from ()
    raise RuntimeError("a bug of ours")


def import_(visit: Visit) -> Flow:
    given = yield from Given("file")
    upload = msgspec.json.decode(given, type=Upload)
    return f"{upload.name}, {upload.size_bytes}"


def paper(visit: Visit) -> Flow:
    about = yield from Given("about")
    upload = yield from File("paper", f"The paper of {about}?")
    return f"Got {upload.name}."


def _amount(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Wrong
    return int(text)


def _pay(once: str, amount: int) -> str:
    if (once, amount) not in PAID:
        PAID.append((once, amount))
    return once


def _check(given: str) -> str:
    if given != PIN:
        raise Wrong
    return "ok"


FLOWS = {
    "menu": menu, "topup": pay, "pay": pay, "balance": balance, "many": many, "link": link,
    "account": pin, "keys": keys, "reports": report, "help": broken, "contacts": many,
    "team": link, "import": import_, "paper": paper,
}  # fmt: skip
ENGINE: Engine[Visit] = Engine(FLOWS)
