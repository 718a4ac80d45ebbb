"""The addresses that Safaricom calls us at. They hold secrets: log none of them whole."""

from __future__ import annotations

from core.settings import settings


def _base() -> str:
    secret = settings().mpesa.callback_secret
    return f"{settings().app.public_url.rstrip('/')}/pay/in/{secret}"


def stk(token: str) -> str:
    """Where the result of one push goes."""
    return f"{_base()}/stk/{token}"


def confirmation() -> str:
    """Where payments to the paybill are told."""
    return f"{_base()}/c2b/confirm"


def validation() -> str:
    """Where M-Pesa asks whether an account exists."""
    return f"{_base()}/c2b/validate"
