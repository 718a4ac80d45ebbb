"""`tuma up`: every part on one machine, started together and stopped together."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from core import leash, probe
from core.settings import Key, Settings, value, variable

# Longer than the web server and the worker allow their requests and jobs.
GRACE_S = 35.0
READY_S = 60.0
_SETTLE_S = 0.2

# Settings whose shipped value points at `tuma up` itself, and so move with its port.
OWN_PORTS: dict[int, tuple[Key, ...]] = {
    8000: (("app", "public_url"),),
    8001: (
        ("onfon", "base_url"),
        ("mpesa", "base_url"),
        ("telegram", "base_url"),
        ("telegram", "base_file_url"),
        ("whatsapp", "base_url"),
        ("cards", "base_url"),
    ),
}


@dataclass
class Part:
    """One child process: its name in the output and its command."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    tail: bytes = b""


def parts_of(settings: Settings, port: int) -> list[Part]:
    """The parts of a whole installation; production has no stand-ins."""
    tuma = [sys.executable, "-m", "core"]
    parts = [
        Part("web", [*tuma, "web", "--bind", f"127.0.0.1:{port}"]),
        Part("worker", [*tuma, "worker"]),
        Part("bot", [*tuma, "bot"]),
    ]
    if not settings.app.is_production:
        parts.insert(0, Part("sandbox", [*tuma, "sandbox", "--port", str(port + 1)]))
    return parts


def moved(settings: Settings, port: int) -> dict[str, str]:
    """The overrides that make the children speak to each other on ports other than 8000 and 8001.

    A setting that somebody has pointed elsewhere stays where it is.
    """
    overrides: dict[str, str] = {}
    for usual, keys in OWN_PORTS.items():
        shipped, now = f"http://127.0.0.1:{usual}", f"http://127.0.0.1:{port + usual - 8000}"
        for key in keys:
            url = value(settings, key)
            if shipped != now and (url == shipped or url.startswith(f"{shipped}/")):
                overrides[variable(key)] = now + url.removeprefix(shipped)
    return overrides


@dataclass
class Supervisor:
    """Starts parts, passes on what they print, and stops them all when one of them ends."""

    parts: list[Part]
    env: Mapping[str, str] = field(default_factory=dict)
    grace_s: float = GRACE_S
    out: IO[str] = field(default_factory=lambda: sys.stdout)
    asked_to_stop: int = 0
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def start(self) -> None:
        """Start every part in a process group of its own, so that Ctrl-C reaches only us."""
        env = {**os.environ, **self.env, "PYTHONUNBUFFERED": "1"}
        for part in self.parts:
            part.process = subprocess.Popen(  # noqa: S603 -- our own commands
                leash.leashed(part.command),
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
            assert part.process.stdout is not None
            os.set_blocking(part.process.stdout.fileno(), False)
            self._selector.register(part.process.stdout, selectors.EVENT_READ, part)

    def run(self, ready: Callable[[], bool], told: Callable[[], None]) -> int:
        """Watch until asked to stop or until a part ends. Returns the exit status."""
        deadline = time.monotonic() + READY_S
        is_ready = False
        while not self.asked_to_stop:
            self._pump(_SETTLE_S)
            if ended := self._ended():
                self._say(ended)
                return 1
            if not is_ready and ready():
                is_ready = True
                told()
            if not is_ready and time.monotonic() > deadline:
                self._say(f"The web server has not answered in {READY_S:.0f} seconds.")
                return 1
        return 0

    def stop(self) -> None:
        """Ask all to finish, wait, then end what is left; a second Ctrl-C ends the waiting."""
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + self.grace_s
        while self._running() and time.monotonic() < deadline and self.asked_to_stop < 2:
            self._pump(_SETTLE_S / 2)
        # A part that has ended may have left others of its group behind.
        self._signal(signal.SIGKILL)
        for part in self._running():
            assert part.process is not None
            part.process.wait()
        self._pump(0)
        for part in self.parts:
            if part.process is not None and part.process.stdout is not None:
                part.process.stdout.close()
        self._selector.close()

    def ask(self, number: int, frame: Any) -> None:
        """Handle a signal that means stop."""
        self.asked_to_stop += 1

    def _running(self) -> list[Part]:
        return [part for part in self.parts if part.process and part.process.poll() is None]

    def _ended(self) -> str | None:
        for part in self.parts:
            if part.process is not None and (status := part.process.poll()) is not None:
                how = f"exit status {status}" if status >= 0 else signal.Signals(-status).name
                return f"{part.name} has stopped by itself ({how}): stopping the others."
        return None

    def _signal(self, number: signal.Signals) -> None:
        for part in self.parts:
            if part.process is not None:
                try:
                    os.killpg(part.process.pid, number)
                except (ProcessLookupError, PermissionError):
                    continue

    def _pump(self, timeout_s: float) -> None:
        """Pass on the whole lines that have come, each with the name of its part."""
        if not self._selector.get_map():
            time.sleep(timeout_s)
            return
        for key, _ in self._selector.select(timeout_s):
            part: Part = key.data
            chunk = os.read(key.fd, 65536)
            if not chunk:
                self._selector.unregister(key.fileobj)
            *lines, part.tail = (part.tail + chunk).split(b"\n")
            if not chunk and part.tail:
                lines.append(part.tail)
            width = max(len(each.name) for each in self.parts)
            for line in lines:
                self._say(f"{part.name:<{width}} | {line.decode(errors='replace')}")

    def _say(self, line: str) -> None:
        print(line, file=self.out, flush=True)


def _answers(url: str) -> bool:
    try:
        return probe.get(url, timeout_s=1.0)[0] == 200
    except OSError:
        return False


def welcome(settings: Settings, port: int) -> str:
    """What to tell once everything runs."""
    base = f"http://127.0.0.1:{port}"
    rows = [("API", f"{base}/api"), ("OpenAPI", f"{base}/openapi.json")]
    if not settings.app.is_production:
        rows.append(("Handset", f"http://127.0.0.1:{port + 1}/"))
    table = "\n".join(f"  {name:<8} {url}" for name, url in rows)
    tuma = Path(sys.executable).with_name("tuma")
    return f"\n{table}\n\n  For an admin key: {tuma} admin key\n  Ctrl-C stops everything.\n"


def up(settings: Settings, port: int) -> int:
    """Migrate, start everything, and stay until told to stop. Returns the exit status."""
    from core import database

    database.open_database()
    database.migrate()
    database.db.close()
    supervisor = Supervisor(parts_of(settings, port), env=moved(settings, port))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, supervisor.ask)
    supervisor.start()
    try:
        return supervisor.run(
            ready=lambda: _answers(f"http://127.0.0.1:{port}/healthz"),
            told=lambda: print(welcome(settings, port), flush=True),
        )
    finally:
        supervisor.stop()
