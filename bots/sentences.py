"""What the bot says of its own accord; everything else is said by the flows."""

from __future__ import annotations

from collections.abc import Callable

from core.settings import settings

Say = Callable[..., str]

OLD_BUTTON = "That button is from an earlier screen. This is where you are now."
INTERRUPTED = (
    "We were interrupted a moment ago. What you did before has counted once; this is where you are."
)
AWAY = "We were away when you wrote that. Please answer again."
CANCELLED = "Cancelled."
TAP = "Please tap one of the buttons below."
ODD = "I understand text and buttons. Send /menu to see what you can do."
UNKNOWN_COMMAND = "I do not know that command. Send /menu or /help."
EDITED = "I have read that message as it was first. To change your answer, send a new message."
TOO_LONG = "That is too long for me. Please send less than 4,000 characters."
NO_FILES = "I cannot use a file here. Send /menu to see what you can do."
NO_PHONE = "I do not need a phone number here. Send /menu to see what you can do."
NOT_YOURS = (
    "That is not your own number, or it was forwarded. "
    "Use the button below: it shares the number of this Telegram account."
)
SHARE = "Share my phone number"
TAP_TO_SHARE = "Tap the button below to share the number of this Telegram account."
KEYBOARD_GONE = "OK."
TROUBLE = "Something went wrong on our side. Please try again in a minute. Reference: {reference}"
NOT_YET = "Invoices are not in this chat yet. Send /help to see whom to ask."
GROUP = "I work in private chats only. Write to me directly: I am leaving this group."
GROUP_ID = "This chat's id is {chat_id}. Set telegram.ops_chat_id to it to make it the ops chat."
YOUR_KEY = "Your API key. It is shown this once; tap it to see it, and keep it safe."
KEY_GOES = "This message is deleted in {minutes} minutes, or when you tap Done."
KEY_LOST = "The key could not be shown. Revoke it under /keys and make another."
COPY = "Copy"
DONE = "Done"
ASKED = "Your question has gone to our team. Reference: {reference}"

# Telegram obliges every bot to have these two, and expects them to be true.
_KEPT = (
    "{app} sends SMS for businesses. In this chat we keep: your Telegram number and name, the "
    "phone you shared, your language, your role in a business, and what was bought and sent."
)
_WHY = (
    "We keep it to give the service and to account for money. What else you write here is erased "
    "when it has been dealt with, and a PIN you type is deleted from the chat at once."
)
_OTHERS = (
    "We do not sell it. Texts go to the mobile networks that deliver them, payments to Safaricom. "
    "Telegram keeps its own copy of this chat, so never send passwords here."
)
_RIGHTS = (
    "You may ask for a copy of your data, or to have it corrected or deleted: write /paysupport "
    "and your request. Kenya's Data Protection Act, 2019 applies."
)
_PRIVACY = ("Privacy", _KEPT, _WHY, _OTHERS, _RIGHTS)
_LATE = (
    "Paid, but the balance did not grow? Most payments arrive within a minute. Wait two, then "
    "look again with /balance."
)
_PAYMENTS = (
    "Help with payments",
    _LATE,
    "Paid another amount than you asked for? We credit what was paid.",
    "Did not answer the prompt on your phone? Then nothing was taken.",
    "SMS that the gateway refuses are paid back to your balance at once, by themselves.",
)
_ASK = (
    "For a person to look at it, write /paysupport followed by your question and the M-PESA code, "
    "like this: /paysupport SJK4A1B2C3 is missing"
)


def privacy(say: Say) -> str:
    """What is kept of whoever talks to us, and why."""
    return _paragraphs(say, _PRIVACY)


def paysupport(say: Say, *, can_ask: bool) -> str:
    """What to do about a payment; how to reach a person, where one listens."""
    return _paragraphs(say, (*_PAYMENTS, _ASK) if can_ask else _PAYMENTS)


def _paragraphs(say: Say, sentences: tuple[str, ...]) -> str:
    return "\n\n".join(say(sentence, app=settings().app.name) for sentence in sentences)
