"""What messaging refuses, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.errors import Conflict, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Declined:
    """One recipient that gets nothing: the number as it was given, and why."""

    to: str
    code: str
    detail: str


class NoRecipients(Invalid):
    """Nobody is left to send to; `declined` says why for each."""

    code = "no_valid_recipients"
    title = "Nobody to send to"
    sentence = "None of the recipients can be sent to. Correct the numbers and send again."
    field = "to"

    def __init__(self, declined: list[Declined] | None = None, **fields: Any) -> None:
        super().__init__(**fields)
        self.declined = declined or []


class TooManyRecipients(Invalid):
    """More numbers than one request takes."""

    code = "too_many_recipients"
    title = "Too many recipients"
    sentence = "One request takes at most {limit} recipients. Split the list and send it in parts."
    field = "to"


class EmptyText(Invalid):
    """There is nothing to send."""

    code = "text_empty"
    title = "Empty text"
    sentence = "The message is empty. Write the text and send again."
    field = "message"


class TextTooLong(Invalid):
    """More segments than one text may have."""

    code = "text_too_long"
    title = "Text too long"
    sentence = "This text takes {segments} segments; the most is {limit}. Shorten it."
    field = "message"


class SenderNotApproved(Invalid):
    """A sender ID this tenant may not use."""

    code = "sender_not_approved"
    title = "Sender ID not approved"
    sentence = (
        "The sender ID {sender} is not approved for you. "
        "Leave it out to use ours, or ask us to register it."
    )
    field = "sender_id"


class SenderWrongClass(Invalid):
    """A sender ID registered for the other class of texts."""

    code = "sender_wrong_class"
    title = "Sender ID of another class"
    sentence = "The sender ID {sender} is registered for {category} texts only."
    field = "sender_id"


class SenderNotAtOperator(Invalid):
    """A sender ID that the operator of a number has not approved; others may have."""

    code = "sender_not_at_operator"
    title = "Sender ID not approved by the operator"
    sentence = "The sender ID {sender} is not approved by {operator}. Choose another one."
    field = "sender_id"


class ScheduleInPast(Invalid):
    """A time that is over."""

    code = "schedule_in_past"
    title = "Time already past"
    sentence = "That time is already past. Give a later one, or leave it out to send now."
    field = "schedule_at"


class ScheduleTooFar(Invalid):
    """A time too far ahead to promise."""

    code = "schedule_too_far"
    title = "Time too far ahead"
    sentence = "A text can be scheduled at most {days} days ahead. Give an earlier time."
    field = "schedule_at"


class MessageNotFound(NotFound):
    """No such text, or another tenant's."""

    code = "message_not_found"
    title = "Message not found"
    sentence = "There is no such message. Check the id."


class TooLateToCancel(Conflict):
    """The text has left the queue."""

    code = "too_late_to_cancel"
    title = "Too late to cancel"
    sentence = "This message is already {status} and cannot be cancelled."


class SubmissionNotFound(NotFound):
    """No such submission, or nothing about it is in doubt."""

    code = "submission_not_found"
    title = "Submission not found"
    sentence = "There is no submission in doubt with this id. It may have been settled already."
