"""One bot process at a time: two would each answer the same people."""

from __future__ import annotations

import asyncio
import fcntl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import peewee

from core.database import db, execute, is_postgres, recover

# Any number will do, as long as every bot process uses the same one.
_LOCK = 746_863


class Alone:
    """The right to be the bot. The kernel, or the server, takes it back when we die."""

    def __init__(self) -> None:
        # On PostgreSQL the lock is a connection's, and a connection is a thread's.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="alone")
        self._file: IO[str] | None = None
        self._is_held = False
        self.was_held = False

    async def take(self) -> bool:
        """Become the bot, or stay it; False while another process is. Raises: DatabaseError."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._take)

    def _take(self) -> bool:
        self.was_held = self._take_in_postgres() if is_postgres() else self._take_beside_sqlite()
        return self.was_held

    def _take_beside_sqlite(self) -> bool:
        if self._file is None:
            self._file = Path(f"{db.obj.database}.bot").open("w")  # noqa: SIM115 -- kept open
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _take_in_postgres(self) -> bool:
        if self._is_held:
            try:
                execute("SELECT 1").fetchone()
            except peewee.DatabaseError:
                self._is_held = False
                db.obj.close()
            else:
                return True
        recover()
        self._is_held = bool(execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()[0])
        return self._is_held
