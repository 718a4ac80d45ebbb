"""Doing one thing many times at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from core import database
from core.errors import Refused


def together(count: int, act: Callable[[int], Any]) -> list[Any]:
    """Run an act in so many threads at once. Gives what each returned, or the refusal it met."""
    start = threading.Barrier(count)

    def run(number: int) -> Any:
        try:
            database.ping()  # connecting takes longer than most acts, and would keep them apart
            start.wait(timeout=120)
            return act(number)
        except Refused as refusal:
            return refusal
        finally:
            database.db.obj.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def outcomes(found: list[Any], kind: type) -> list[Any]:
    """The outcomes of one kind."""
    return [each for each in found if isinstance(each, kind)]
