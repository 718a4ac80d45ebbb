"""`python -m bots`: for now it only says whether the bot is on, and waits to be stopped."""

from __future__ import annotations

import signal
import sys

from core.settings import SettingsError, settings


def main() -> int:
    """Stay until SIGTERM or Ctrl-C, so that whatever started us sees one more part running."""
    try:
        token = settings().telegram.token
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    stop = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    if token:
        print("The Telegram bot arrives with a later version.", flush=True)
    else:
        print("telegram.token is empty: the bot is off.", flush=True)
    signal.sigwait(stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
