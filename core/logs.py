"""Log lines for people and machines, with phone numbers, texts and secrets taken out.

Everything goes through one chain, the standard library's loggers included, so that a library
that logs an address cannot leak the secret in it. Lines go to stderr: stdout is for answers.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

from core.settings import SANDBOX_SECRETS, Key, Settings, settings, value

HIDDEN = "[hidden]"

# What a value under such a name holds never belongs in a log. "consumer_secret" counts as "secret".
SECRET_NAMES = frozenset(
    {
        "text", "message", "body", "token", "secret", "password", "pin", "key", "apikey",
        "accesskey", "passkey", "authorization", "cookie",
    }
)  # fmt: skip

_LONG_NUMBER = re.compile(r"\d{6,}(?=\d{3}(?!\d))")
_SPACED_NUMBER = re.compile(r"(?<!\d)(?:\+?254|0)[ -]?[17]\d{2}[ -]?\d{3}[ -]?(\d{3})(?!\d)")
_PATH_SECRET = re.compile(
    r"(/(?:pay|sms)/in/|/ussd/|/telegram/(?!bot|file/))[^/\s?\"']+"
    r"((?:/(?:stk|result|timeout)/)[^/\s?\"']+)?"
)
_BOT_TOKEN = re.compile(r"(bot)?\d{5,}:[A-Za-z0-9_-]{10,}")
_API_KEY = re.compile(r"\bsk_([a-z]+)_\w+")
_NAMED = re.compile(
    r"""(?ix) \b ( authorization | (?:x-)?api[_-]?key | access[_-]?key | \w*token | \w*secret
                 | \w*password | pin ) (["']? \s* [=:] \s* ["']?) (?:(?:bearer|basic)\s+)?
        [^\s"'&,;]+ """
)
_CREDENTIALS = re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)")

# Keys whose values are secret whatever they are now, wherever in a line they appear.
_SECRET_SETTINGS: tuple[Key, ...] = (*SANDBOX_SECRETS, ("mpesa", "initiator_password"))


def mask(text: str) -> str:
    """Take phone numbers, keys and secrets out of a text; a number keeps its last three digits."""
    text = _PATH_SECRET.sub(_hide_path, text)
    text = _BOT_TOKEN.sub(HIDDEN, text)
    text = _API_KEY.sub(rf"sk_\1_{HIDDEN}", text)
    text = _NAMED.sub(rf"\1\2{HIDDEN}", text)
    text = _CREDENTIALS.sub(HIDDEN, text)
    text = _SPACED_NUMBER.sub(r"*\1", text)
    return _LONG_NUMBER.sub("*", text)


def _hide_path(match: re.Match[str]) -> str:
    attempt = match[2]
    return match[1] + HIDDEN + (attempt[: attempt.index("/", 1) + 1] + HIDDEN if attempt else "")


def _is_secret(name: str) -> bool:
    plain = name.lower().replace("-", "_")
    return plain in SECRET_NAMES or plain.rpartition("_")[2] in SECRET_NAMES


class Masker:
    """The processor that masks every value of a line, however deep."""

    def __init__(self, known: tuple[str, ...] = ()) -> None:
        """Take also the values known to be secret; short ones would hit ordinary words."""
        long = sorted({secret for secret in known if len(secret) >= 8}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, long))) if long else None

    def __call__(self, logger: Any, method: str, event: EventDict) -> EventDict:
        for name, given in event.items():
            if name != "timestamp":
                event[name] = self._masked(name, given)
        return event

    def _masked(self, name: str, given: Any) -> Any:
        if given is None or isinstance(given, bool | float):
            return given
        if _is_secret(name):
            return HIDDEN
        if isinstance(given, int):
            # Nine digits may be a number somebody can be rung on; counts are shorter.
            return given if abs(given) < 100_000_000 else mask(str(given))
        if isinstance(given, Mapping):
            return {str(key): self._masked(str(key), one) for key, one in given.items()}
        if isinstance(given, list | tuple | set | frozenset):
            return [self._masked("", one) for one in given]
        text = given if isinstance(given, str) else str(given)
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        return mask(text)


def configure(
    given: Settings | None = None, *, part: str | None = None, stream: TextIO | None = None
) -> None:
    """Route every logger of this process through the chain, as `app.log_format` says.

    `part` names the process ("web", "worker") in each line. Safe to call again.
    """
    chosen = given or settings()
    stream = stream or sys.stderr
    known = tuple(str(value(chosen, key)) for key in _SECRET_SETTINGS)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    if part:
        shared.append(_named(part))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Tracebacks become text before the masker, or their last line would slip by it.
                structlog.processors.format_exc_info,
                Masker(known),
                _renderer(chosen, stream),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(chosen.app.log_level.upper())
    # These tell every request, address and all, or every statement.
    for name in ("httpx", "httpcore", "urllib3", "telegram", "peewee", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("gunicorn.error", "gunicorn.access", "huey", "huey.consumer"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def _named(part: str) -> Processor:
    def add(logger: Any, method: str, event: EventDict) -> EventDict:
        event["part"] = part
        return event

    return add


def _renderer(chosen: Settings, stream: TextIO) -> Processor:
    if chosen.app.log_format == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
    )


def begin(**values: str) -> None:
    """Forget what was bound to this thread or task and bind these: a request's first act."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**values)


def bound() -> MutableMapping[str, Any]:
    """What is bound now, such as the request id."""
    return structlog.contextvars.get_contextvars()
