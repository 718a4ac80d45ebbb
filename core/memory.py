"""Python's collector of garbage, told what a process that lives long is like."""

from __future__ import annotations

import gc

# New objects between two collections. Much is made and let go at once here: the rows of a file, the
# texts of a campaign; hardly any of it holds itself, and what holds nobody needs no collector.
FRESH = 20_000


def settle() -> None:
    """Leave what is loaded out of every collection to come, and collect less often.

    Call it once, when a process is about to begin its work. Going through all the code that is
    loaded takes some hundredths of a second, which somebody's screen would have to wait for.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(FRESH, 20, 20)
