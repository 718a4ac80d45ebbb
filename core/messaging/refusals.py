"""Why texts of a batch were refused, summed up in words."""

from __future__ import annotations

from dataclasses import dataclass

from core.database import execute
from core.messaging import reasons

# Of more than so many refused texts the rest is taken to be like them.
READ_MAX = 1000

# The literal makes the index on refused texts serve it.
_READ = """
    SELECT reason, MIN(sender), COUNT(*)
    FROM (SELECT reason, sender FROM message
          WHERE batch_id = %s AND status = 'rejected' LIMIT %s) AS refused
    GROUP BY reason ORDER BY COUNT(*) DESC, reason
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason, and how many of a batch's first refused texts have it."""

    reason: str
    sender: str
    count: int

    @property
    def code(self) -> str:
        """The reason as programs compare it."""
        return self.reason if self.reason in reasons.WORDS else reasons.GATEWAY_REFUSED

    def words(self, language: str) -> str:
        """The reason in words."""
        return reasons.words_of(self.reason, language, sender=self.sender) or ""


def of(batch_id: str) -> list[Refusal]:
    """Say why texts of a batch were refused, the most frequent reason first."""
    rows = execute(_READ, (batch_id, READ_MAX)).fetchall()
    return [
        Refusal(reason or reasons.GATEWAY_REFUSED, sender, int(count))
        for reason, sender, count in rows
    ]
