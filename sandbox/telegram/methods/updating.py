"""Which way updates come."""

from __future__ import annotations

from sandbox.telegram import webhook
from sandbox.telegram.errors import bad
from sandbox.telegram.fields import Fields
from sandbox.telegram.telegram import Telegram
from sandbox.telegram.webhook import CONNECTIONS, CONNECTIONS_MAX, Setup


def get_updates(telegram: Telegram, fields: Fields) -> object:
    """Wait for news and answer with it."""
    telegram.updates.ask_for(_allowed(fields))
    limit = fields.number("limit", 100)
    return telegram.updates.poll(fields.number("offset"), limit, fields.number("timeout"))


def set_webhook(telegram: Telegram, fields: Fields) -> object:
    """Have updates brought from now on."""
    url = fields.text("url")
    if not url:
        return delete_webhook(telegram, fields)
    secret = fields.text("secret_token")
    webhook.check(url, secret, anywhere=telegram.faults.flag("telegram.webhook_anywhere"))
    most = min(max(fields.number("max_connections", CONNECTIONS), 1), CONNECTIONS_MAX)
    telegram.updates.ask_for(_allowed(fields))
    _drop_pending(telegram, fields)
    telegram.updates.end_poll("terminated by setWebhook request")
    telegram.webhook.set(Setup(url if "://" in url else f"https://{url}", secret, most))
    return True


def delete_webhook(telegram: Telegram, fields: Fields) -> object:
    """Have updates kept until they are asked for."""
    _drop_pending(telegram, fields)
    telegram.webhook.set(Setup())
    return True


def get_webhook_info(telegram: Telegram, _: Fields) -> object:
    """How deliveries go."""
    return telegram.webhook.info()


def _allowed(fields: Fields) -> list[str] | None:
    given = fields.json("allowed_updates", "allowed_updates")
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise bad("Expected an Array of String")
    return given


def _drop_pending(telegram: Telegram, fields: Fields) -> None:
    if fields.flag("drop_pending_updates"):
        telegram.updates.clear()


METHODS = {
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
}
