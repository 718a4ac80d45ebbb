"""A private installation to measure: database, queue, tenants, and the processes around them."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

from bench.rows import Unproved
from core import clock, database, memory, prove, queue, web
from core import settings as settings_module
from core.database import execute
from core.leash import leashed
from core.ledger import accounts, transfers
from core.ledger.accounts import Platform, Purse
from core.messaging import routing, suppression
from core.money import Money
from core.settings import Settings
from core.tenants import keys
from core.tenants.models import Tenant, TenantStatus
from core.tenants.profiles import Profile, profile
from tests import servers

SQLITE, POSTGRES = "sqlite", "postgresql"
KINDS = (SQLITE, POSTGRES)
HERE = Path(__file__).parent
START_S = 30.0
WALLET = Money.kes(10_000_000)
# A private server for tests never flushes; what is measured here has to.
servers.QUICK.clear()

_open = build_opener(ProxyHandler({})).open
_tenants = itertools.count(1)
_numbers = itertools.count(10_000_000)


def get(url: str) -> Any:
    """What a server answers to a plain GET."""
    with _open(url, timeout=5) as answer:
        return json.loads(answer.read() or b"null")


def wait_until(claim: Callable[[], object], seconds: float = 60.0, every: float = 0.02) -> None:
    """Wait for something to become so."""
    end = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > end:
            raise Unproved(f"not so after {seconds:.0f} s: {claim}")
        time.sleep(every)


@dataclasses.dataclass(frozen=True, slots=True)
class Customer:
    """A tenant and its live key."""

    profile: Profile
    key: str


class Place:
    """Everything of one benchmark, on ports and files of its own."""

    def __init__(self, kind: str, folder: Path, overrides: dict[str, str]) -> None:
        self.kind = kind
        self.folder = folder
        self.stub_port = servers.free_port()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._databases: list[str] = []
        self._overrides = overrides
        self.environment = self._environment(self.fresh_database())
        self._use()
        database.migrate()
        memory.settle()  # what is measured in this process runs in one that does
        if kind == SQLITE:  # what another process is about to write to
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def fresh_database(self) -> str:
        """The address of another empty database of this kind."""
        if self.kind == SQLITE:
            return f"sqlite:///{self.folder}/{len(list(self.folder.iterdir()))}.db"
        self._databases.append(servers.fresh_database())
        return self._databases[-1]

    def _environment(self, url: str) -> dict[str, str]:
        given = {key: value for key, value in os.environ.items() if not key.startswith("TUMA_")}
        return given | {
            "TUMA_APP__LOG_LEVEL": "warning",
            "TUMA_DATABASE__URL": url,
            "TUMA_QUEUE__URL": "" if self.kind == SQLITE else servers.redis(),
            "TUMA_ONFON__BASE_URL": f"http://127.0.0.1:{self.stub_port}/v1/sms",
            "TUMA_LIMITS__REQUESTS_PER_MINUTE": '{"standard": 600000, "high": 600000}',
            **self._overrides,
        }

    def _use(self) -> None:
        """Have this process, too, work on this installation."""
        settings_module.use(settings_module.load(env=self.environment))
        database.open_database()
        queue.open_queue()
        keys.forget_cached()
        routing.forget()
        suppression.forget()

    @property
    def settings(self) -> Settings:
        """The settings of this installation."""
        return settings_module.settings()

    # Who is there.

    def customers(self, count: int) -> list[Customer]:
        """Make tenants with money enough for any benchmark."""
        return [self._customer() for _ in range(count)]

    def _customer(self) -> Customer:
        number = next(_tenants)
        tenant = Tenant.create(
            name=f"Salon {number}",
            contact_name="Asha",
            phone=f"2547{number:08d}",
            status=TenantStatus.ACTIVE.value,
            account_number=f"A{number:06d}",
            created_at=clock.now(),
        )
        accounts.open_purses(tenant.id, daily_cap=None)
        transfers.post(
            accounts.platform(Platform.ADJUSTMENTS),
            accounts.purse_id(tenant.id, Purse.WALLET),
            WALLET,
            kind="adjustment",
            once=f"opening:{tenant.id}",
            subject="opening",
            actor="bench",
        )
        _, key = keys.create(tenant.id, "bench", actor="bench", channel="api")
        return Customer(profile(tenant.id), key)

    # What runs.

    def start_web(self) -> int:
        """Start the product's web server and return its port."""
        return self._start_web("web", web.APPLICATION, self.environment)

    def start_bare(self) -> int:
        """Start the raw limit beside it: same server options, same tables, a database of its own.

        Return its port.
        """
        environment = self.environment | {"TUMA_DATABASE__URL": self.empty_twin()}
        return self._start_web("bare", "bench.bare:application", environment)

    def empty_twin(self) -> str:
        """The address of a database of its own with the same tables, all empty."""
        url = self.fresh_database()
        migrated = [sys.executable, "-m", "core", "migrate"]
        environment = self.environment | {"TUMA_DATABASE__URL": url}
        subprocess.run(migrated, env=environment, check=True, stdout=subprocess.DEVNULL)
        return url

    def _start_web(self, name: str, application: str, environment: dict[str, str]) -> int:
        port = servers.free_port()
        command = web.command(self.settings, f"127.0.0.1:{port}")
        command[command.index(web.APPLICATION)] = application
        self._start(name, command, environment)
        self._until_up(name, port, "/healthz")
        return port

    def start_worker(self) -> None:
        """Start a worker, as `tuma worker` does."""
        self._start("worker", [sys.executable, "-m", "core", "worker"], self.environment)

    def start_stub(self, delay_s: float = 0.0) -> None:
        """Start the gateway's stand-in."""
        command = [sys.executable, str(HERE / "stub.py"), str(self.stub_port), str(delay_s)]
        self._start("stub", command, self.environment)
        self._until_up("stub", self.stub_port, "/forget")

    def _start(self, name: str, command: Sequence[str], environment: dict[str, str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                leashed(command),
                env=environment,
                cwd=HERE.parent,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _until_up(self, name: str, port: int, path: str) -> None:
        def is_up() -> bool:
            if self._running[name].poll() is not None:
                raise Unproved(f"{name} ended: {self.log(name)}")
            try:
                get(f"http://127.0.0.1:{port}{path}")
            except OSError:
                return False
            return True

        wait_until(is_up, START_S)

    def pid(self, name: str) -> int:
        """The process of a part."""
        return self._running[name].pid

    def log(self, name: str) -> str:
        """The end of what a part has said."""
        return (self.folder / f"{name}.log").read_text()[-2000:]

    def stop(self, name: str) -> None:
        """End a part, letting it finish what it does."""
        process = self._running.pop(name)
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End everything and leave nothing behind."""
        for name in list(self._running):
            self.stop(name)
        database.close_all()
        for url in self._databases:
            servers.drop_database(url)

    # What it did.

    def load(
        self, port: int, templates: Sequence[str], connections: int, **how: float
    ) -> dict[str, Any]:
        """Put a server under load from a process of its own and return what that measured.

        `how` is `seconds` or `count`. Every request has to be answered with success.
        """
        room = int(how.get("count") or how["seconds"] * 8000)
        first = next(_numbers)
        for _ in range(room):
            next(_numbers)
        plan = {
            "port": port,
            "templates": templates,
            "connections": connections,
            "first": first,
            **how,
        }
        done = subprocess.run(
            leashed([sys.executable, "-I", "-S", str(HERE / "load.py")]),
            input=json.dumps(plan).encode(),
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise Unproved(done.stderr.decode())
        result: dict[str, Any] = json.loads(done.stdout)
        if result["odd"] or result["sent"] != result["answered"]:
            raise Unproved(f"{result}")
        return result

    def seen(self) -> dict[str, Any]:
        """What the gateway's stand-in has been sent."""
        return dict(get(f"http://127.0.0.1:{self.stub_port}/seen"))

    def forget_seen(self) -> None:
        """Have it count anew."""
        get(f"http://127.0.0.1:{self.stub_port}/forget")

    def prove(self, messages: int | None = None, **counts: int) -> None:
        """Prove the money, and that there are as many rows as were asked for."""
        wrong = [f"{each.claim}: {each.differences[:3]}" for each in prove.run() if not each.is_ok]
        if messages is not None:
            counts["message"] = messages
        for table, expected in counts.items():
            found = count(table)
            if found != expected:
                wrong.append(f"{found} rows in {table}, {expected} were asked for")
        if wrong:
            raise Unproved("; ".join(wrong))


def count(table: str, condition: str = "1 = 1") -> int:
    """Count rows."""
    row = execute(f"SELECT COUNT(*) FROM {table} WHERE {condition}").fetchone()
    return int(row[0])


@contextmanager
def place(kind: str, **overrides: object) -> Iterator[Place]:
    """An installation for a while: `place(SQLITE, ONFON__BATCH_SIZE=100)`."""
    made_of = {f"TUMA_{key}": str(value) for key, value in overrides.items()}
    folder = Path(tempfile.mkdtemp(prefix="tuma-bench-"))
    made = None
    try:
        made = Place(kind, folder, made_of)
        yield made
    finally:
        if made is not None:
            made.close()
        settings_module.use(None)
        shutil.rmtree(folder, ignore_errors=True)
