"""Files that people send to the bot, fetched when somebody wants to read them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator

import structlog

from core.errors import Busy, Invalid
from core.gateways import telegram
from core.gateways.http import NoReply
from core.gateways.outcome import Outcome
from core.settings import settings

log = structlog.get_logger(__name__)

MEGABYTE = 2**20


class FileTooLarge(Invalid):
    """Telegram hands no larger file over to a bot."""

    code = "chat_file_too_large"
    title = "File too large for the chat"
    sentence = (
        "This file is larger than {limit} MB, the most Telegram lets us read. "
        "Send it in parts, as CSV, or over the API."
    )


class FileGone(Invalid):
    """A file that can no longer be had."""

    code = "chat_file_gone"
    title = "File gone"
    sentence = "Telegram no longer gives us this file. Please send it again."


class FileNotNow(Busy):
    """Telegram does not answer just now."""

    code = "chat_file_not_now"
    title = "File not reached"
    sentence = "Telegram does not give us the file just now. Please send it again in a minute."


def check_size(size_bytes: int) -> None:
    """Refuse a file that could never be fetched. Raises: FileTooLarge."""
    if size_bytes > telegram.DOWNLOAD_BYTES_MAX:
        raise FileTooLarge(limit=telegram.DOWNLOAD_BYTES_MAX // MEGABYTE)


def use(reader: Callable[[str], Iterable[bytes]] | None) -> None:
    """Let files come from elsewhere, where there is no Telegram; None for the usual way."""
    global _reader
    _reader = reader


_reader: Callable[[str], Iterable[bytes]] | None = None


def fetch(file_id: str) -> Generator[bytes, None, None]:
    """Read a file piece by piece, to the end or until it is closed.

    Raises: FileGone, FileNotNow, while it is read.
    """
    yield from _from_telegram(file_id) if _reader is None else _reader(file_id)


def _from_telegram(file_id: str) -> Iterator[bytes]:
    given = settings().telegram
    bot = telegram.client(given.base_url, given.token)
    if bot is None:
        raise FileNotNow
    try:
        yield from bot.file(file_id, given.base_file_url)
    except NoReply as lost:
        refusal = FileGone() if lost.outcome is Outcome.REFUSED else FileNotNow()
    else:
        return
    log.info("file_not_fetched", why=type(refusal).__name__)
    raise refusal
