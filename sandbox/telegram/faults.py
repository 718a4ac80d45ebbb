"""What can be set about Telegram."""

from __future__ import annotations

from sandbox.faults import Switch, fault, flag, number

SWITCHES: tuple[Switch, ...] = (
    # Any call.
    fault("down", "Every call answers an HTML page with 502; nothing is done."),
    fault("reset", "Every connection is closed unanswered; nothing is done."),
    # Any call but getUpdates.
    fault("http_429", "A call answers 429 with retry_after_seconds; nothing is done."),
    fault("http_500", "A call answers 500; nothing is done."),
    fault("drop", "A call is done, then the connection is closed with no answer."),
    fault("hang", "A call is done, then nothing is said for hang_seconds."),
    fault("slow", "A call is done and the answer comes after slow_seconds."),
    # Reading updates.
    fault("conflict", "getUpdates answers 409, as if another program read the updates too."),
    fault("poll_500", "getUpdates answers 500."),
    fault("poll_drop", "getUpdates takes its batch, then the connection is closed."),
    fault("update_duplicate", "An update is delivered twice."),
    fault("update_out_of_order", "An update is held back until the next one went before it."),
    fault("update_slow", "An update comes after update_slow_seconds."),
    # Particulars.
    fault("file_gone", "A file cannot be downloaded any more."),
    fault("message_inaccessible", "A press tells which message it was on, but not what it said."),
    fault("query_expired", "A press is too old by the time it is answered."),
    # Rules and set-up.
    flag("limits", False, "The limits below count; over them a call answers 429."),
    number("chat_per_second", 1, "Calls a second about one chat, in the long run."),
    number("chat_burst", 5, "Calls about one chat that may come at once."),
    number("group_per_minute", 20, "Calls a minute about one group."),
    number("total_per_second", 30, "Calls a second about all chats together."),
    number("hang_seconds", 60, "How long a hanging call is kept open."),
    number("out_of_order_seconds", 3, "The longest an out-of-order update is held back."),
    number("poll_pause_seconds", 3, "How long a hasty getUpdates, and a second 409, is held."),
    number("query_seconds", 15, "How long a press can be answered."),
    number("retry_after_seconds", 3, "What a 429 by fault asks for."),
    number("slow_seconds", 3, "How late a slow answer is."),
    number("update_slow_seconds", 5, "How late a slow update is."),
    number("webhook_retry_seconds", 2, "The second repeat of a failed webhook; then it doubles."),
    number("webhook_seconds", 60, "How long the webhook may take to answer."),
    flag("webhook_anywhere", True, "A webhook may be plain HTTP or on any port on this machine."),
)
