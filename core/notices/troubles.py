"""What each trouble means, and what to do about it: the words of the alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.payments.alarms import Cause


@dataclass(frozen=True, slots=True)
class Meaning:
    """A trouble in the operator's words.

    An urgent one rings at night: it costs money or trust while it lasts. `look` names the commands
    of the ops chat that show more, offered as buttons.
    """

    title: str
    means: str
    todo: str
    is_urgent: bool = False
    look: tuple[str, ...] = ()


GATEWAY = "gateway"
PROOF = "proof"
FLOAT_LOW = "float.low"
FLOAT_OUT = "float.out"
FLOAT_UNREAD = "float.unread"
NOT_TOLD = "notices"
SENDER = "sender.refused"

_PORTAL = "Compare with the M-Pesa portal; GET /admin/payment-news shows it word for word."

_MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        GATEWAY: Meaning(
            "The SMS gateway turns us away",
            "Texts wait in the queue and nothing is lost. Customers notice the delay.",
            "Look at the balance and the credentials at Onfon. It is tried again by itself.",
            is_urgent=True,
            look=("balances", "health"),
        ),
        PROOF: Meaning(
            "The books do not agree",
            "Money or figures differ from the rows they are the sum of. Nothing was changed.",
            "Prove again; if a line still differs, stop and find out before paying anybody.",
            is_urgent=True,
            look=("prove",),
        ),
        FLOAT_LOW: Meaning(
            "The float at Onfon runs low",
            "When it is used up, every text of every customer waits.",
            "Buy credit at Onfon in time.",
            look=("balances",),
        ),
        FLOAT_OUT: Meaning(
            "The float at Onfon lasts less than a day",
            "When it is used up, every text of every customer waits.",
            "Buy credit at Onfon now.",
            is_urgent=True,
            look=("balances",),
        ),
        FLOAT_UNREAD: Meaning(
            "Nobody knows the float at Onfon",
            "Its balance could not be read for a while, so a low float would go unnoticed.",
            "Look at the credentials, and whether Onfon answers at all.",
            look=("balances", "health"),
        ),
        SENDER: Meaning(
            "The gateway refuses a sender ID",
            "Texts under it are refused one by one. They cost the customer nothing.",
            "Ask Onfon to allow the name for our account, or take the sender ID back.",
            look=("senders",),
        ),
        NOT_TOLD: Meaning(
            "Something was not told",
            "A fact could not be turned into a notice. The fact itself is safe in the database.",
            "This is a fault of the program: look for event_not_noticed in the log.",
        ),
        Cause.UNLISTED_ADDRESS: Meaning(
            "Payment news from an unlisted address",
            "It is held back and credits nobody. It may be forged, or Safaricom has a new address.",
            f"{_PORTAL} If it is theirs, add the address to mpesa.allowed_ips.",
            is_urgent=True,
        ),
        Cause.UNKNOWN_TOKEN: Meaning(
            "Payment news for a prompt we never sent",
            "It is held back and credits nobody. It may be forged.",
            f"{_PORTAL} Release it only when the money is there.",
            is_urgent=True,
        ),
        Cause.OTHER_CHECKOUT: Meaning(
            "Payment news that fits another prompt",
            "It is held back and credits nobody. It may be forged.",
            f"{_PORTAL} Release it only when the money is there.",
            is_urgent=True,
        ),
        Cause.UNREADABLE: Meaning(
            "Payment news that cannot be read",
            "A payment may be in it that nobody has been credited with.",
            _PORTAL,
        ),
        Cause.NEWS_STUCK: Meaning(
            "Payment news that cannot be worked on",
            "It was tried several times. A payment may be in it that nobody is credited with.",
            "This is a fault of the program: look for mpesa_news_failed in the log.",
            is_urgent=True,
        ),
        Cause.RECEIPT_CONFLICT: Meaning(
            "One receipt, two owners",
            "It is credited to the first; nothing was moved to the other.",
            "Ask both who paid, and put it right with /credit.",
            look=("unmatched",),
        ),
        Cause.AMOUNT_CONFLICT: Meaning(
            "One receipt, two amounts",
            "The first amount is credited and stands.",
            "Look the receipt up in the M-Pesa portal, and put it right with /credit.",
            is_urgent=True,
        ),
        Cause.CONTRADICTION: Meaning(
            "M-Pesa contradicts itself",
            "It said paid, then failed. Nothing is credited without a receipt.",
            "Look the payment up in the M-Pesa portal before telling the customer anything.",
        ),
        Cause.PROVIDER: Meaning(
            "M-Pesa refuses our account",
            "Prompts fail for everybody for a reason of ours: passkey, shortcode, limits.",
            "Check the M-Pesa settings; tuma doctor asks for a token.",
            is_urgent=True,
        ),
        Cause.CONFIRMING_LONG: Meaning(
            "A payment waits long for its receipt",
            "M-Pesa says paid, but the receipt that could be credited has not come.",
            "Look it up in the M-Pesa portal; the customer can claim it with the receipt's code.",
        ),
        Cause.UNKNOWN_LONG: Meaning(
            "Nobody knows how a prompt ended",
            "No callback came and M-Pesa could not be asked about it.",
            "Look it up in the M-Pesa portal; a payment will turn up as unmatched.",
            look=("unmatched",),
        ),
        Cause.CALLBACKS_MISSING: Meaning(
            "M-Pesa does not reach us",
            "Most prompts get no callback: customers pay and see no credit for minutes.",
            "Check the firewall, the certificate and app.public_url.",
            is_urgent=True,
            look=("health",),
        ),
    }
)


def meaning(cause: str) -> Meaning:
    """Say what a cause means; `gateway:1` means what `gateway` does."""
    found = _MEANINGS.get(cause) or _MEANINGS.get(cause.partition(":")[0])
    return found or Meaning(
        cause.replace("_", " ").capitalize(), "Something needs a look.", "See the details above."
    )


def meanings() -> Mapping[str, Meaning]:
    """Return every trouble that has words of its own."""
    return _MEANINGS
