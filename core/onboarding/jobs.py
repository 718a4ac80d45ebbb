"""What onboarding does on its own."""

from __future__ import annotations

from core.messaging.sending import blank_platform_texts
from core.onboarding import codes, forgotten
from core.queue import job

# Long after a code has expired, and long enough to see why one did not arrive.
SPENT_MS = 24 * 3600 * 1000


@job()
def forget_codes() -> None:
    """Delete dead verification codes, and blank our own texts that carried them."""
    codes.forget_old()
    forgotten.forget_old()
    blank_platform_texts(older_than_ms=SPENT_MS)
