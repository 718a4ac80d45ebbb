"""The one client of Daraja, made from the settings."""

from __future__ import annotations

import hashlib
from typing import Protocol

from core.gateways.daraja import Daraja, PushAnswer, QueryAnswer, RegisterAnswer
from core.payments.tokens import DatabaseTokens
from core.settings import Mpesa, settings

TIMEOUT_S = 20.0


class MpesaGateway(Protocol):
    """What payments ask of M-Pesa."""

    def push(
        self, phone: str, amount_kes: int, reference: str, description: str, callback_url: str
    ) -> PushAnswer:
        """Ask a phone for money."""
        ...

    def query(self, checkout_request_id: str) -> QueryAnswer:
        """Ask what became of a push."""
        ...

    def register_urls(
        self, confirmation: str, validation: str, response_type: str = "Completed"
    ) -> RegisterAnswer:
        """Register where payments to the paybill are told."""
        ...


_given: MpesaGateway | None = None
_made: tuple[Mpesa, MpesaGateway] | None = None


def gateway() -> MpesaGateway:
    """Return the client. It keeps no state, so threads share it."""
    global _made
    if _given is not None:
        return _given
    mpesa = settings().mpesa
    if _made is None or _made[0] != mpesa:
        client = Daraja(
            base_url=mpesa.base_url,
            consumer_key=mpesa.consumer_key,
            consumer_secret=mpesa.consumer_secret,
            shortcode=mpesa.shortcode,
            till=mpesa.till or None,
            passkey=mpesa.passkey,
            tokens=DatabaseTokens(token_name(mpesa)),
            timeout_s=TIMEOUT_S,
        )
        _made = (mpesa, client)
    return _made[1]


def token_name(mpesa: Mpesa) -> str:
    """Name the token of one environment and app, so that no sandbox token leaks into production."""
    app = hashlib.sha256(f"{mpesa.base_url}|{mpesa.consumer_key}".encode()).hexdigest()
    return f"daraja:{settings().app.environment}:{app[:16]}"


def use(given: MpesaGateway | None) -> None:
    """Ask somebody else instead, or with None Daraja again. For tests."""
    global _given
    _given = given
