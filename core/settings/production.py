"""What production refuses: made-up secrets, gaps, and anything readable on the way."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from core.settings.sections import FILE, Key, Settings, SettingsError, dotted, variable

# The secrets the shipped settings.toml has. Anybody can read them, so production refuses them.
SANDBOX_SECRETS: dict[Key, str] = {
    ("app", "secret_key"): "sandbox-secret-key-never-for-real-money",
    ("onfon", "api_key"): "sandbox-onfon-api-key",
    ("onfon", "client_id"): "sandbox-onfon-client",
    ("onfon", "access_key"): "sandbox-onfon-access-key",
    ("onfon", "callback_secret"): "5a9dbe0c0ffee5a9dbe0c0ffee5a9dbe",
    ("mpesa", "consumer_key"): "sandbox-daraja-consumer-key",
    ("mpesa", "consumer_secret"): "sandbox-daraja-consumer-secret",
    ("mpesa", "passkey"): "bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919",
    ("mpesa", "callback_secret"): "0ddba11c0ffee0ddba11c0ffee0ddba1",
    ("telegram", "token"): "110000001:sandbox-telegram-token",
    ("telegram", "webhook_secret"): "7e1e97a7c0ffee7e1e97a7c0ffee7e1e",
    ("ussd", "secret"): "a1105e5500c0ffeea1105e5500c0ffee",
    ("whatsapp", "app_secret"): "sandbox-whatsapp-app-secret",
    ("whatsapp", "verify_token"): "sandbox-whatsapp-verify-token",
    ("cards", "secret_key"): "sk_test_sandbox_cards",
    ("cards", "webhook_secret"): "sk_test_sandbox_cards",
}

# Without these there is no business; the other doors (bot, USSD, WhatsApp, cards) may stay shut.
NEEDED_IN_PRODUCTION: tuple[Key, ...] = (
    ("app", "secret_key"),
    ("onfon", "api_key"),
    ("onfon", "client_id"),
    ("onfon", "access_key"),
    ("onfon", "sender_id"),
    ("onfon", "callback_secret"),
    ("mpesa", "consumer_key"),
    ("mpesa", "consumer_secret"),
    ("mpesa", "shortcode"),
    ("mpesa", "passkey"),
    ("mpesa", "callback_secret"),
)


# The most texts Onfon takes in one request.
ONFON_BATCH_MAX = 20


def value(given: Settings, key: Key) -> Any:
    """One setting by its key; "from" and its like included."""
    section = getattr(given, key[0])
    return getattr(section, key[1] if hasattr(section, key[1]) else f"{key[1]}_")


def refuse_make_believe(made: Settings) -> None:
    """In production nothing may be made up, missing or readable on the way.

    Raises: SettingsError.
    """
    wrong = [key for key, known in SANDBOX_SECRETS.items() if known in value(made, key).split(",")]
    _refuse_all(wrong, "has the sandbox's value, which everybody knows", "its real value")
    wrong = [key for key in NEEDED_IN_PRODUCTION if not value(made, key)]
    _refuse_all(wrong, "is missing", "its real value")
    if made.telegram.token and made.telegram.mode == "webhook" and not made.telegram.webhook_secret:
        _refuse_all([("telegram", "webhook_secret")], "is missing", "a long random word")
    if made.mpesa.initiator_name:
        pair: list[Key] = [("mpesa", "initiator_password"), ("mpesa", "certificate")]
        wrong = [key for key in pair if not value(made, key)]
        _refuse_all(wrong, "is missing although mpesa.initiator_name is set", "its real value")
    if made.cards.secret_key and not made.cards.webhook_secret:
        _refuse_all([("cards", "webhook_secret")], "is missing", "its real value")
    if not made.app.public_url.startswith("https://"):
        _refuse_all([("app", "public_url")], "is not HTTPS", "the https:// address of this server")
    for section in ("onfon", "mpesa", "telegram", "whatsapp", "cards"):
        if _readable_on_the_way(value(made, (section, "base_url"))):
            _refuse_all([(section, "base_url")], "is not HTTPS", "the provider's https:// address")
    if made.onfon.batch_size > ONFON_BATCH_MAX:
        _refuse_all([("onfon", "batch_size")], "is more than the gateway takes at once", "20")
    if len(made.app.secret_key) < 32:
        _refuse_all([("app", "secret_key")], "is too short", "32 random characters or more")
    if not made.mpesa.allowed_ips:
        _refuse_all(
            [("mpesa", "allowed_ips")], "is empty", f"Safaricom's addresses, listed in {FILE}"
        )


def _readable_on_the_way(url: str) -> bool:
    """Plain HTTP that leaves this machine; a relay on the same machine may be plain."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}


def _refuse_all(wrong: list[Key], why: str, what: str) -> None:
    if not wrong:
        return
    first, rest = wrong[0], ", ".join(map(dotted, wrong[1:]))
    also = f" (so do: {rest})" if rest else ""
    raise SettingsError(f"{dotted(first)} {why}{also}: set {variable(first)} to {what}.")
