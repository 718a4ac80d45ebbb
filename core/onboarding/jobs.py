"""What onboarding does on its own."""

from __future__ import annotations

from core.onboarding import codes
from core.queue import job


@job()
def forget_codes() -> None:
    """Delete verification codes that have been dead for days."""
    codes.forget_old()
