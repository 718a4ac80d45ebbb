"""How the web server is run: gunicorn with threads, sized for the database behind it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from gunicorn.config import Config
from gunicorn.glogging import Logger

from core import logs
from core.settings import Settings

APPLICATION = "api.app:application"
FIGURES = "tuma-figures"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 -- only gunicorn's heartbeat file, made by itself


class GunicornLogger(Logger):  # type: ignore[misc]
    """Sends gunicorn's own lines through our chain, which masks them."""

    def setup(self, cfg: Config) -> None:
        """Let gunicorn set up, then take its handlers away."""
        super().setup(cfg)
        logs.configure(part="web")


def share_figures() -> None:
    """Give the processes of one server a folder in which to add up what they count for /metrics.

    It carries our process number, which the server takes over, so that the next one to start knows
    which folders nobody uses any more.
    """
    home = Path(tempfile.gettempdir())
    for left in home.glob(f"{FIGURES}-*"):
        if not _is_running(left.name.split("-")[-2]):
            shutil.rmtree(left, ignore_errors=True)
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        made = tempfile.mkdtemp(prefix=f"{FIGURES}-{os.getpid()}-", dir=home)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = made


def _is_running(number: str) -> bool:
    try:
        os.kill(int(number), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def command(settings: Settings, bind: str, workers: int | None = None) -> list[str]:
    """The command line of the web server.

    On SQLite one process, whose threads share a commit, writes faster than several that wait for
    each other's lock; PostgreSQL gains from more processes. Threads rather than one request a
    worker: a slow client then blocks nobody.
    """
    on_sqlite = settings.database.url.startswith("sqlite")
    line = [
        sys.executable, "-m", "gunicorn", APPLICATION,
        "--bind", bind,
        "--worker-class", "gthread",
        "--workers", str(workers or (1 if on_sqlite else 2)),
        "--threads", "32" if on_sqlite else "8",
        "--timeout", "60",
        "--graceful-timeout", "30",
        "--keep-alive", "15",
        "--limit-request-line", "8190",
        "--logger-class", f"{__name__}.{GunicornLogger.__name__}",
        "--forwarded-allow-ips", ",".join(settings.app.trusted_proxies),
        # Every gunicorn of a user would share one socket file, whatever it serves.
        "--no-control-socket",
    ]  # fmt: skip
    if SHARED_MEMORY.is_dir():
        # On a slow disk a heartbeat can hang long enough for a healthy worker to be killed.
        line += ["--worker-tmp-dir", str(SHARED_MEMORY)]
    if not on_sqlite:
        # The only worker of SQLite would leave nobody to answer while it is replaced.
        line += ["--max-requests", "50000", "--max-requests-jitter", "5000"]
    return line
