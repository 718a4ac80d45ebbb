"""What can be set about USSD."""

from __future__ import annotations

from sandbox.faults import Switch, choice, fault, flag, number

SWITCHES: tuple[Switch, ...] = (
    fault("down", "No code can be dialled: the network answers that it is invalid."),
    fault("repeat_first", "The first hop of a session is posted twice, as Safaricom does."),
    fault("repeat", "A hop is posted twice, one after the other."),
    fault("repeat_together", "A hop is posted twice at the same time."),
    fault("repeat_late", "A hop is posted again after the one that follows it."),
    fault("lost", "A hop is answered, but the phone never shows it: the session drops."),
    fault("not_posted", "A hop never reaches the application: the session drops."),
    fault("slow", "A hop reaches the application after slow_seconds."),
    fault("events_none", "The end of a session is not told."),
    choice("blank", ("unchanged", "star"), "What a blank Send does to the accumulated text."),
    flag("dial_ahead", True, "What is dialled after the code arrives as the first text."),
    number("event_delay", 0.5, "Seconds from the end of a session to the event about it."),
    number("idle_seconds", 0, "How long a screen waits for an answer; Safaricom: 30. 0: for ever."),
    number("input_max", 80, "Characters that can be typed at once; Airtel: 90. 0: any."),
    number("patience_seconds", 10, "How long the application may take to answer."),
    number("screen_max", 182, "GSM-7 units a screen holds; the rest is cut off. 0: any."),
    number("session_seconds", 180, "The longest a session lasts. 0: for ever."),
    number("slow_seconds", 3, "How late a slow hop arrives."),
)
