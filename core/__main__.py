"""The command line: `tuma`, or `python -m core`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NoReturn

from core.settings import Settings, SettingsError, settings

Command = Callable[[argparse.Namespace, Settings], int]

# Which settings stop a command is told by exit status 2, a fault in what runs by 1.
REFUSED = 2


def _up(args: argparse.Namespace, given: Settings) -> int:
    from core import supervisor

    return supervisor.up(given, args.port)


def _web(args: argparse.Namespace, given: Settings) -> int:
    from core import web

    web.share_figures()
    _become(web.command(given, args.bind, args.workers))


def _worker(args: argparse.Namespace, given: Settings) -> int:
    from core import database, jobs, memory

    database.open_database()
    memory.settle()
    jobs.run_worker(args.workers)
    return 0


def _bot(args: argparse.Namespace, given: Settings) -> int:
    _become([sys.executable, "-m", "bots"])


def _sandbox(args: argparse.Namespace, given: Settings) -> int:
    _become([sys.executable, "-m", "sandbox", "--port", str(args.port)])


def _migrate(args: argparse.Namespace, given: Settings) -> int:
    from core import database

    database.open_database()
    if args.status:
        for name, applied in database.migration_status():
            print(f"{'applied' if applied else 'waiting'} {name}")
        return 0
    done = database.migrate()
    print("\n".join(f"applied {name}" for name in done) or "nothing to apply")
    return 0


def _doctor(args: argparse.Namespace, given: Settings) -> int:
    from core import doctor

    return doctor.main(given)


def _prove(args: argparse.Namespace, given: Settings) -> int:
    from core import database, prove

    database.open_database()
    return prove.main(args.json)


def _admin_key(args: argparse.Namespace, given: Settings) -> int:
    from core import database
    from core.tenants import admin_keys

    database.open_database()
    print(admin_keys.create(args.name))
    print("Keep it: it is not shown again. Send it as X-Admin-Key.", file=sys.stderr)
    return 0


def _demo(args: argparse.Namespace, given: Settings) -> int:
    from core import database

    if given.app.is_production:
        print("tuma demo makes things up, so it runs only in the sandbox.", file=sys.stderr)
        return 1
    database.open_database()
    return int(import_module("core.demo").main() or 0)


def _paybill(args: argparse.Namespace, given: Settings) -> int:
    from core import database
    from core.errors import Refused
    from core.payments import c2b

    database.open_database()
    try:
        answer = c2b.register()
    except (Refused, ValueError) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    print(f"{answer.outcome}: {answer.message or ''}".strip(": "))
    return 0 if answer.outcome == "accepted" or answer.already else 1


def _talk(args: argparse.Namespace, given: Settings) -> int:
    from core import database, talk

    database.open_database()
    return talk.main(args.flow, args.phone, args.language)


def _screens(args: argparse.Namespace, given: Settings) -> int:
    from core.screens import walk

    return walk.main(args.channel, args.language)


def _become(command: Sequence[str]) -> NoReturn:
    """Turn this process into another program, which then gets the signals itself."""
    sys.stdout.flush()
    os.execv(command[0], list(command))  # noqa: S606 -- our own commands


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65_534:
        raise argparse.ArgumentTypeError("a port is from 1 to 65534")
    return port


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return count


def parser() -> argparse.ArgumentParser:
    """Every command and its options."""
    top = argparse.ArgumentParser(prog="tuma", description="Bulk SMS, prepaid in shillings.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, act: Command, words: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=words, description=words)
        command.set_defaults(act=act)
        return command

    up = add("up", _up, "start everything on this machine; Ctrl-C stops it")
    up.add_argument("--port", type=_port, default=8000, help="the sandbox takes the next one")
    web = add("web", _web, "serve the API and the callbacks")
    web.add_argument("--bind", default="127.0.0.1:8000", metavar="HOST:PORT")
    web.add_argument("--workers", type=_count, help="processes; by default as the database bears")
    worker = add("worker", _worker, "work the queue")
    worker.add_argument("--workers", type=_count, default=8, help="threads")
    add("bot", _bot, "run the Telegram bot")
    sandbox = add("sandbox", _sandbox, "stand in for every provider")
    sandbox.add_argument("--port", type=_port, default=8001)
    migrate = add("migrate", _migrate, "bring the database up to date")
    migrate.add_argument("--status", action="store_true", help="list, change nothing")
    add("doctor", _doctor, "check this installation, one line each")
    prove = add("prove", _prove, "prove the money, name every difference")
    prove.add_argument("--json", action="store_true")
    admin = commands.add_parser("admin", help="platform administration")
    key = admin.add_subparsers(dest="what", required=True).add_parser("key", help="a new admin key")
    key.add_argument("--name", default="console", help="who will use it")
    key.set_defaults(act=_admin_key)
    add("paybill", _paybill, "register the paybill's callback addresses with M-Pesa, once")
    add("demo", _demo, "fill the sandbox with a believable business")
    talk = add("talk", _talk, "hold a conversation in the terminal")
    talk.add_argument("flow", metavar="FLOW", help="menu, topup, send, ...")
    talk.add_argument("--phone", default="0722000100", help="whose phone it is")
    talk.add_argument("--language", help="instead of theirs")
    screens = add("screens", _screens, "print every screen of every conversation")
    screens.add_argument("--channel", choices=("ussd", "telegram"), help="only this one")
    screens.add_argument("--language", help="only this one")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; wrong settings stop it before it starts."""
    args = parser().parse_args(argv)
    try:
        given = settings()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return REFUSED
    from core import logs

    logs.configure(given, part=args.command)  # lines go to stderr, and stdout is for answers
    act: Command = args.act
    return act(args, given)


if __name__ == "__main__":
    sys.exit(main())
