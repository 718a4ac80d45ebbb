"""The timetable: every periodic job in one place."""

from __future__ import annotations

import structlog

from core import clock, idempotency, prove, queue, quota
from core.campaigns.jobs import PERIODIC as CAMPAIGNS
from core.contacts.imports.jobs import PERIODIC as IMPORTS
from core.contacts.leftovers import PERIODIC as CONTACTS
from core.database import transaction
from core.dialogue.jobs import PERIODIC as DIALOGUE
from core.events import record
from core.ledger.seals import seal_past_days
from core.messaging.jobs import PERIODIC as MESSAGING
from core.notices.jobs import PERIODIC as NOTICES
from core.onboarding.jobs import forget_codes
from core.payments.jobs import PERIODIC as PAYMENTS
from core.privacy.retention import PERIODIC as PRIVACY
from core.queue import Periodic, job
from core.telegram.vanishing import PERIODIC as TELEGRAM

log = structlog.get_logger(__name__)
MINUTES = 60


@job()
def seal_and_prove() -> None:
    """Seal the days that are over and prove the money; say so when anything differs."""
    sealed = seal_past_days()
    findings = prove.run()
    wrong = [each.claim for each in findings if not each.is_ok]
    log.info("proved", sealed=sealed, claims=len(findings), wrong=wrong)
    with transaction():
        record("proof.done", None, wrong=wrong, sealed=sealed)


@job()
def forget_expired() -> None:
    """Drop what has outlived its use: answered idempotency keys and old quota windows."""
    with transaction():
        idempotency.forget_old()
        quota.forget_before(clock.ms() // 1000 - 2 * 24 * 3600)


TIMETABLE = (
    *MESSAGING,
    *CAMPAIGNS,
    *PAYMENTS,
    *TELEGRAM,
    *CONTACTS,
    *IMPORTS,
    *NOTICES,
    *PRIVACY,
    *DIALOGUE,
    Periodic(seal_and_prove, every_s=0, at=0 * MINUTES + 20),
    Periodic(forget_expired, every_s=3600),
    Periodic(forget_codes, every_s=3600),
)


def run_worker(workers: int) -> None:
    """Work the queue and keep the timetable until told to stop."""
    queue.run_worker(TIMETABLE, workers)
