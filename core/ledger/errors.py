"""What the ledger refuses."""

from core.errors import InsufficientFunds, TooMany


class NotEnough(InsufficientFunds):
    """The wallet has less than this costs."""

    code = "insufficient_funds"
    title = "Not enough money"
    sentence = "This costs KES {cost} and you have KES {available}. Top up, then send again."


class DailyCapReached(TooMany):
    """The tenant's own limit on a day's spending."""

    code = "daily_cap_reached"
    title = "Daily spending limit reached"
    sentence = (
        "This costs KES {cost}, more than what is left of today's spending limit. "
        "Try tomorrow, or ask us to raise the limit."
    )


class CannotWithdraw(InsufficientFunds):
    """More than the wallet can give: the rest is held for texts on their way, or not there."""

    code = "cannot_withdraw"
    title = "More than can be taken"
    sentence = "Only KES {available} can be taken from this wallet now."
