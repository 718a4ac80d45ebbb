"""`python -m bots`: the Telegram bot, or a quiet part where it is switched off."""

from __future__ import annotations

import asyncio
import signal
import sys

from core import logs
from core.settings import SettingsError, settings


def main() -> int:
    """Stay until SIGTERM or Ctrl-C, so that whatever started us sees one more part running."""
    try:
        token = settings().telegram.token
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    if not token:
        stop = {signal.SIGTERM, signal.SIGINT}
        signal.pthread_sigmask(signal.SIG_BLOCK, stop)
        print("telegram.token is empty: the bot is off.", flush=True)
        signal.sigwait(stop)
        return 0
    from bots.app import run
    from core import database

    logs.configure(part="bot")
    database.open_database()
    asyncio.run(run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
