"""The four things that can have become of a request once it was meant to leave."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Outcome"]


class Outcome(StrEnum):
    """What a caller may conclude, and therefore do.

    A provider's silence is none of its words: a request that timed out while we waited for the
    answer may well have been carried out, and sending it twice costs money and trust.
    """

    ACCEPTED = "accepted"  # taken on, or at least read and answered part by part
    REFUSED = "refused"  # will never be done
    BUSY = "busy"  # never left us, or was turned away unread: safe to try again
    UNKNOWN = "unknown"  # may have gone: never send it again
