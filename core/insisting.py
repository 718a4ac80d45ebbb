"""Writing down what cannot be asked for again, though the database stumbles.

What a provider answered is told once. A deadlock that this side lost, or a connection that broke
while we waited for the answer, is over a moment later; the answer would be lost for good.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from core.database import recover

# Seconds before each further try; together far less than any lease of whoever writes.
PAUSES_S = (0.05, 0.5, 2.0)

log = structlog.get_logger(__name__)


def insist(write: Callable[[], object]) -> None:
    """Do a write, and again when it fails; after the last try its error is the caller's.

    `write` is whole transactions, and changes nothing where it was done already: a broken
    connection does not tell whether its last commit held.
    """
    for pause_s in PAUSES_S:
        try:
            write()
        # The driver's own errors come through the hot paths as they are, so there is no one kind.
        except Exception:
            log.exception("write_tried_again", pause_s=pause_s)
            recover()
            time.sleep(pause_s)
        else:
            return
    write()
