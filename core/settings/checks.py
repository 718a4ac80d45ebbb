"""What a setting's value must look like, beyond its type."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.settings.sections import Key

KES = re.compile(r"\d{1,9}(\.\d{1,4})?", re.ASCII)
DAY_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
URL_SAFE = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)

Check = Callable[[Any], str | None]


def _kes(value: str) -> str | None:
    return None if KES.fullmatch(value) else 'must be KES with four decimals at most, like "0.8000"'


def _kes_or_none(value: str) -> str | None:
    return _kes(value) if value else None


def _kes_table(value: Mapping[str, str]) -> str | None:
    return next((said for said in map(_kes, value.values()) if said), None)


def _day_time(value: str) -> str | None:
    return None if DAY_TIME.fullmatch(value) else 'must be a time of day like "08:00"'


def _windows(value: Mapping[str, Mapping[str, str]]) -> str | None:
    for window in value.values():
        if not set(window) <= {"from", "until"} or any(map(_day_time, window.values())):
            return 'must be like { airtel = { from = "09:00", until = "17:00" } }'
    return None


def _url(value: str) -> str | None:
    parts = urlsplit(value)
    if parts.scheme in {"http", "https"} and parts.hostname and not parts.query:
        return None
    return "must be an address beginning with http:// or https://"


def _database_url(value: str) -> str | None:
    if value.startswith(("sqlite:///", "postgresql://")):
        return None
    return "must begin with sqlite:/// or postgresql://"


def _queue_url(value: str) -> str | None:
    if not value or value.startswith(("redis://", "rediss://", "unix://")):
        return None
    return "must be empty or begin with redis://, rediss:// or unix://"


def _smtp_url(value: str) -> str | None:
    if not value or urlsplit(value).scheme in {"smtp", "smtps"}:
        return None
    return "must be empty or begin with smtp:// or smtps://"


def _path_secret(value: str) -> str | None:
    # It stands in an address, and a slash or an escape there would never match again.
    return None if URL_SAFE.fullmatch(value) else "may hold only letters, digits, _ and -"


def _path_secrets(value: str) -> str | None:
    said = (_path_secret(each) for each in value.split(","))
    return next((each for each in said if each), None)


def _networks(value: tuple[str, ...]) -> str | None:
    for network in value:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            return 'must list addresses or networks like "196.201.214.200" or "127.0.0.0/8"'
    return None


def _zone(value: str) -> str | None:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        return 'must be a time zone like "Africa/Nairobi"'
    return None


def _languages(value: tuple[str, ...]) -> str | None:
    if value and set(value) <= {"en", "sw"}:
        return None
    return 'must list one or both of "en" and "sw"'


def _positive(value: float) -> str | None:
    return None if value > 0 else "must be more than 0"


def _digits(value: str) -> str | None:
    return None if not value or value.isdecimal() else "may hold only digits"


def _batch(value: int) -> str | None:
    # Production takes 20 at most; larger ones are for trying what the product itself can do.
    return None if 1 <= value <= 1000 else "must be from 1 to 1000"


def _screen(value: int) -> str | None:
    return None if 60 <= value <= 182 else "must be from 60 to 182"


def _counts(value: Mapping[str, int]) -> str | None:
    if "standard" not in value:
        return "must have an entry for the standard tier"
    return next((said for said in map(_positive, value.values()) if said), None)


CHECKS: dict[Key, Check] = {
    ("app", "public_url"): _url,
    ("app", "time_zone"): _zone,
    ("app", "languages"): _languages,
    ("app", "trusted_proxies"): _networks,
    ("database", "url"): _database_url,
    ("queue", "url"): _queue_url,
    ("onfon", "base_url"): _url,
    ("onfon", "shortcode"): _digits,
    ("onfon", "callback_secret"): _path_secret,
    ("onfon", "batch_size"): _batch,
    ("onfon", "rate_per_second"): _positive,
    ("onfon", "connections"): _positive,
    ("onfon", "timeout_seconds"): _positive,
    ("onfon", "unit_cost"): _kes,
    ("mpesa", "base_url"): _url,
    ("mpesa", "callback_secret"): _path_secret,
    ("mpesa", "allowed_ips"): _networks,
    ("mpesa", "query_per_minute"): _positive,
    ("mpesa", "payment_max"): _kes,
    ("telegram", "base_url"): _url,
    ("telegram", "base_file_url"): _url,
    ("telegram", "webhook_secret"): _path_secret,
    ("ussd", "secret"): _path_secrets,
    ("ussd", "screen_limit"): _screen,
    ("ussd", "hops_per_minute"): _positive,
    ("whatsapp", "base_url"): _url,
    ("cards", "base_url"): _url,
    ("email", "smtp_url"): _smtp_url,
    ("pricing", "price"): _kes,
    ("pricing", "tiers"): _kes_table,
    ("pricing", "vat_percent"): _kes,
    ("webhooks", "allow_subnets"): _networks,
    ("webhooks", "timeout_seconds"): _positive,
    ("rules", "promotional_from"): _day_time,
    ("rules", "promotional_until"): _day_time,
    ("rules", "promotional_operators"): _windows,
    ("rules", "reply_days"): _positive,
    ("rules", "promotional_per_number_per_day"): _positive,
    ("rules", "texts_per_number_per_day"): _positive,
    ("rules", "approval_threshold"): _kes_or_none,
    ("rules", "message_days"): _positive,
    ("limits", "requests_per_minute"): _counts,
    ("limits", "code_attempts"): _positive,
    ("limits", "code_minutes"): _positive,
    ("limits", "pin_attempts"): _positive,
    ("limits", "daily_spend_cap"): _kes_or_none,
}

# Numbers that may be below nothing: Telegram counts groups downwards.
SIGNED: frozenset[Key] = frozenset({("telegram", "ops_chat_id")})
