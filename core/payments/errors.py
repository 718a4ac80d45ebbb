"""What payments refuse, and why."""

from __future__ import annotations

from core.errors import Conflict, Invalid, NotFound, TooMany


class MethodNotOffered(Invalid):
    """A way of paying that nobody takes here."""

    code = "payment_method_unknown"
    title = "Payment method unknown"
    sentence = "There is no payment method {given} here. Use mpesa."
    field = "method"


class AmountNotWhole(Invalid):
    """Cents, which M-Pesa cannot move."""

    code = "amount_not_whole"
    title = "Not whole shillings"
    sentence = "M-Pesa moves whole shillings only. Write an amount without cents, such as 500."
    field = "amount"


class AmountOutOfRange(Invalid):
    """Less than a shilling, or more than M-Pesa moves at once."""

    code = "amount_out_of_range"
    title = "Amount out of range"
    sentence = "One M-Pesa payment is KES 1 to KES {limit}. For more, pay in several parts."
    field = "amount"


class PhoneWithoutMpesa(Invalid):
    """A number of another country."""

    code = "phone_without_mpesa"
    title = "Not an M-Pesa number"
    sentence = "M-Pesa works on Kenyan numbers only, like 0712 345 678. Give one of those."
    field = "phone"


class PhoneBusy(Conflict):
    """A prompt is open on that phone already; a second one would make both fail."""

    code = "phone_busy"
    title = "Phone busy with another payment"
    sentence = "{phone} has another M-Pesa request open. Finish it, wait a minute, then try again."


class TooManyPushes(TooMany):
    """That phone was asked often enough: the phone may belong to somebody who is no customer."""

    code = "too_many_pushes"
    title = "Too many payment requests"
    sentence = "{phone} had {limit} payment requests this hour. Try later, or from another phone."


class TopUpNotFound(NotFound):
    """No such top-up, or another tenant's."""

    code = "topup_not_found"
    title = "Top-up not found"
    sentence = "There is no such top-up. Check the id."


class ReceiptNotFound(NotFound):
    """No payment with this receipt has reached us."""

    code = "receipt_not_found"
    title = "Receipt not found"
    sentence = "No payment with receipt {receipt} has reached us. Check it letter by letter."


class AlreadyAssigned(Conflict):
    """The money is in a wallet already."""

    code = "payment_already_assigned"
    title = "Payment already credited"
    sentence = "Receipt {receipt} is already credited, to account {tenant_id}."


class NewsNotFound(NotFound):
    """No such row of provider news."""

    code = "news_not_found"
    title = "Callback not found"
    sentence = "There is no stored callback with this id."


class NotQuarantined(Conflict):
    """Only what is held back can be let through."""

    code = "news_not_quarantined"
    title = "Callback not held back"
    sentence = "This callback is not held back; its state is {state}."
