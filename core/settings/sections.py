"""The sections of the settings, each a frozen record of typed fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import time
from pathlib import Path
from typing import Any, Literal, get_type_hints
from zoneinfo import ZoneInfo

import msgspec

Key = tuple[str, str]
PREFIX = "TUMA_"
FILE = "settings.toml"


class SettingsError(Exception):
    """A setting is missing, unknown or wrong. Its text is one line for whoever runs Tuma."""


def _units(kes: str) -> int:
    """Whole ten-thousandths of a shilling: the pattern has already been checked."""
    whole, _, part = kes.partition(".")
    return int(whole) * 10_000 + int(part.ljust(4, "0"))


@dataclass(frozen=True, slots=True)
class App:
    """Who and where this installation is."""

    name: str
    environment: Literal["sandbox", "production"]
    public_url: str
    secret_key: str
    time_zone: str
    languages: tuple[str, ...]
    log_format: Literal["text", "json"]
    log_level: Literal["debug", "info", "warning", "error"]
    trusted_proxies: tuple[str, ...]

    @property
    def is_production(self) -> bool:
        """Real money and real texts: nothing made up is let through."""
        return self.environment == "production"

    @property
    def zone(self) -> ZoneInfo:
        """The zone people's times are in."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class Database:
    """Where the truth is kept."""

    url: str


@dataclass(frozen=True, slots=True)
class Queue:
    """Where nudges wait; empty means an SQLite file beside the database."""

    url: str


@dataclass(frozen=True, slots=True)
class Onfon:
    """The SMS gateway, as the platform's own account."""

    base_url: str
    api_key: str
    client_id: str
    access_key: str
    sender_id: str
    shortcode: str
    callback_secret: str
    batch_size: int
    rate_per_second: int
    connections: int
    timeout_seconds: float
    unit_cost: str

    @property
    def unit_cost_units(self) -> int:
        """What a segment costs us, in KES/4."""
        return _units(self.unit_cost)


@dataclass(frozen=True, slots=True)
class Mpesa:
    """Daraja: how money comes in."""

    base_url: str
    consumer_key: str
    consumer_secret: str
    shortcode: str
    till: str
    passkey: str
    callback_secret: str
    initiator_name: str
    initiator_password: str
    certificate: str
    allowed_ips: tuple[str, ...]
    query_per_minute: int
    push_delay_seconds: int
    payment_max: str

    @property
    def payment_max_units(self) -> int:
        """The most one payment can be, in KES/4."""
        return _units(self.payment_max)


@dataclass(frozen=True, slots=True)
class Telegram:
    """The bot and the ops chat."""

    topup_in_chat: bool
    token: str
    base_url: str
    base_file_url: str
    mode: Literal["polling", "webhook"]
    webhook_secret: str
    ops_chat_id: int
    admin_ids: tuple[int, ...]


class Dialect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one kind of USSD gateway names its fields."""

    session: str
    phone: str
    code: str
    input: str
    method: Literal["GET", "POST"] = "POST"
    network: str = ""
    accumulated: bool = True
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Ussd:
    """The dialled door."""

    secret: str
    service_code: str
    other_codes: tuple[str, ...]
    screen_limit: int
    hops_per_minute: int
    dialects: Mapping[str, Dialect]


@dataclass(frozen=True, slots=True)
class Whatsapp:
    """The WhatsApp app all tenants' numbers hang under."""

    base_url: str
    api_version: str
    app_secret: str
    verify_token: str


@dataclass(frozen=True, slots=True)
class Cards:
    """Card payments."""

    provider: Literal["paystack", "stripe"]
    base_url: str
    secret_key: str
    webhook_secret: str


@dataclass(frozen=True, slots=True)
class Email:
    """Outgoing mail."""

    smtp_url: str
    from_: str


@dataclass(frozen=True, slots=True)
class Pricing:
    """What a segment is sold for."""

    price: str
    tiers: Mapping[str, str]
    vat_percent: str
    vat_included: bool
    trial_segments: int

    def price_units(self, tier: str = "standard") -> int:
        """The price of a segment for a tier, in KES/4."""
        return _units(self.tiers.get(tier, self.price))

    @property
    def vat_basis_points(self) -> int:
        """The tax rate in hundredths of a percent: 16 % is 1600."""
        return _units(self.vat_percent) // 100


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How tenants' endpoints are called."""

    allow_subnets: tuple[str, ...]
    timeout_seconds: float
    schedule: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """The trade's rules, as data."""

    promotional_from: str
    promotional_until: str
    promotional_operators: Mapping[str, Mapping[str, str]]
    opt_out_suffix: str
    stop_words: tuple[str, ...]
    polite_words: tuple[str, ...]
    start_words: tuple[str, ...]
    reply_days: int
    promotional_per_number_per_day: int
    texts_per_number_per_day: int
    repeat_minutes: int
    protected_senders: tuple[str, ...]
    approval_threshold: str
    refund_undelivered: bool
    refund_after_hours: int
    message_days: int

    def promotional_window(self, operator: str | None = None) -> tuple[time, time]:
        """From when until when promotional texts may go out, in the app's zone."""
        own = self.promotional_operators.get(operator or "", {})
        start, end = (
            own.get("from", self.promotional_from),
            own.get("until", self.promotional_until),
        )
        return time.fromisoformat(start), time.fromisoformat(end)

    @property
    def approval_threshold_units(self) -> int | None:
        """The most a sender spends alone, in KES/4; None without a limit."""
        return _units(self.approval_threshold) if self.approval_threshold else None


@dataclass(frozen=True, slots=True)
class Limits:
    """What anybody may do how often."""

    requests_per_minute: Mapping[str, int]
    signups_per_phone_per_day: int
    signups_per_ip_per_day: int
    codes_per_hour: int
    code_attempts: int
    code_minutes: int
    pin_attempts: int
    pin_lock_minutes: int
    daily_spend_cap: str

    @property
    def daily_spend_cap_units(self) -> int | None:
        """The most a tenant spends in a day, in KES/4; None without a limit."""
        return _units(self.daily_spend_cap) if self.daily_spend_cap else None


@dataclass(frozen=True, slots=True)
class Settings:
    """All sections, and the folder relative paths in them start from."""

    root: Path
    app: App
    database: Database
    queue: Queue
    onfon: Onfon
    mpesa: Mpesa
    telegram: Telegram
    ussd: Ussd
    whatsapp: Whatsapp
    cards: Cards
    email: Email
    pricing: Pricing
    webhooks: Webhooks
    rules: Rules
    limits: Limits


SECTIONS: dict[str, type[Any]] = {
    name: kind for name, kind in get_type_hints(Settings).items() if name != "root"
}


def _hints() -> Iterator[tuple[Key, Any]]:
    for section, kind in SECTIONS.items():
        hints = get_type_hints(kind)
        for field in fields(kind):
            # "from" is a word of the language, so that field carries an underscore.
            yield (section, field.name.removesuffix("_")), hints[field.name]


TYPES: dict[Key, Any] = dict(_hints())


def dotted(key: Key) -> str:
    """The name people use: section.key."""
    return ".".join(key)


def variable(key: Key) -> str:
    """The environment variable that overrides a key."""
    return f"{PREFIX}{key[0].upper()}__{key[1].upper()}"
