"""What notices do by the clock."""

from __future__ import annotations

import threading

from core.notices import (
    alerts,
    cards,
    digest,
    exports,
    facts,
    floats,
    following,
    live,
    notebook,
    posting,
    questions,
)
from core.queue import Periodic, job

# While Telegram is slow, so many threads of a process wait for it at most: texts and payments need
# the others.
AT_ONCE = 2
_rounds = threading.BoundedSemaphore(AT_ONCE)
_files = threading.BoundedSemaphore(1)


@job(priority=2)
def tell() -> None:
    """Look at new facts, hand over what is due, and let the cards follow what has changed.

    Safe to run anywhere, at once, and as often as one likes.
    """
    facts.look_at_new()
    questions.expire_old()
    if not _rounds.acquire(blocking=False):
        return
    try:
        posting.deliver()
        bot = posting.bot()
        if bot is not None:
            following.follow(bot)
            live.follow(bot)
    finally:
        _rounds.release()


@job()
def bring_files() -> None:
    """Make a file that somebody waits for, and bring it into their chat."""
    if not _files.acquire(blocking=False):
        return
    try:
        exports.deliver()
    finally:
        _files.release()


@job()
def post_digest() -> None:
    """Have yesterday's digest posted."""
    digest.put_down(digest.yesterday())


@job()
def check_wallets() -> None:
    """See whose money runs out."""
    floats.check_wallets()


@job()
def check_float() -> None:
    """See whether the operator's own float runs out."""
    floats.check_float()


@job()
def watch_alerts() -> None:
    """Let alerts show how their trouble stands by now."""
    alerts.watch_open()


@job()
def forget_old() -> None:
    """Drop notices, cards and alerts that are long over."""
    notebook.forget_old()
    cards.forget_old()
    live.forget_old()
    alerts.forget_old()
    questions.forget_old()


PERIODIC = (
    Periodic(tell, every_s=1),
    Periodic(bring_files, every_s=2),
    Periodic(watch_alerts, every_s=60),
    Periodic(check_float, every_s=900),
    Periodic(check_wallets, every_s=3600),
    Periodic(post_digest, every_s=0, at=8 * 60),
    Periodic(forget_old, every_s=86_400, at=4 * 60),
)
