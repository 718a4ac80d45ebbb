"""The ops chat: where the operator's own people look after customers and money."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import Bot, Update

# Command and meaning, for the list that administrators of the ops chat see.
COMMANDS: Sequence[tuple[str, str]] = ()


async def handle(update: Update, bot: Bot) -> None:
    """Take a message or a press in the ops chat. What it does not know it leaves alone."""
    if update.callback_query is not None:
        await update.callback_query.answer()
