"""`python -m sandbox`: serve until stopped."""

from __future__ import annotations

import argparse
import signal
import sys

from core.settings import SettingsError, load
from sandbox.app import create_app
from sandbox.server import Server


def main() -> int:
    """Read the command line, serve, answer an exit code."""
    parser = argparse.ArgumentParser(
        prog="sandbox",
        description="Stand-ins for Onfon, M-Pesa, Telegram and USSD, and the handset page.",
    )
    parser.add_argument("--port", type=int, default=8001, help="0 for any free one")
    parser.add_argument("--bind", default="127.0.0.1")
    given = parser.parse_args()
    try:
        server = Server(create_app(load()), given.bind, given.port)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Cannot listen on {given.bind}:{given.port}: {error.strerror}.", file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    host, port = server.address
    print(f"Sandbox and handset page: http://{host}:{port}", flush=True)
    server.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
