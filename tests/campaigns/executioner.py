"""A process that dies at one statement or another; another one goes on from there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core import database


class Killed(BaseException):
    """The end of a process: nothing catches it."""


class Executioner:
    """Kills at the n-th statement from now, once; those of the bare driver count as well."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._left = 0
        whole = database.db.obj.cursor

        def cursor(*args: Any, **more: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                raise Killed
            return whole(*args, **more)

        monkeypatch.setattr(database.db.obj, "cursor", cursor)

    def kills(self, act: Callable[[], object], statements: int) -> bool:
        """Run an act that is killed at a statement; say whether it got that far."""
        self._left = statements
        try:
            act()
        except Killed:
            database.db.obj.close()
            return True
        finally:
            self._left = 0
        return False
