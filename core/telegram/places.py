"""Where the ops chat is: the setting, or where Telegram has moved it since."""

from __future__ import annotations

import time

from core import clock
from core.database import opened, transaction
from core.settings import settings
from core.telegram.models import TelegramMove

_MOVES_MAX = 5
_KEPT_S = 2.0
_known: dict[tuple[int, int], tuple[float, int]] = {}


def moved(old_id: int, new_id: int) -> None:
    """Remember that a group has become a supergroup with another id."""
    if old_id == new_id:
        return
    with transaction():
        TelegramMove.insert(old_id=old_id, new_id=new_id, moved_at=clock.now()).on_conflict(
            conflict_target=[TelegramMove.old_id],
            preserve=[TelegramMove.new_id, TelegramMove.moved_at],
        ).execute()
    _known.clear()


def now_at(chat_id: int) -> int:
    """Follow a chat to the id it has now."""
    for _ in range(_MOVES_MAX):
        row = TelegramMove.get_or_none(TelegramMove.old_id == chat_id)
        if row is None:
            break
        chat_id = int(row.new_id)
    return chat_id


def ops_chat_id() -> int:
    """Return the ops chat's present id, 0 when there is none. Asked often, so kept for a moment."""
    configured = settings().telegram.ops_chat_id
    if not configured:
        return 0
    key = (opened(), configured)
    kept = _known.get(key)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    found = now_at(configured)
    _known[key] = (time.monotonic() + _KEPT_S, found)
    return found


def is_admin(user_id: int) -> bool:
    """Say whether somebody may act in the ops chat."""
    return user_id in settings().telegram.admin_ids
