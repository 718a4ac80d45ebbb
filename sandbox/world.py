"""Everything the sandbox holds, in memory only."""

from __future__ import annotations

import copy
from functools import partial

import msgspec

from core.settings import Settings
from sandbox.courier import Courier
from sandbox.daraja.c2b import Registration
from sandbox.daraja.daraja import Daraja, Merchant
from sandbox.daraja.faults import SWITCHES as DARAJA_SWITCHES
from sandbox.faults import Faults
from sandbox.onfon.accounts import SHORTCODE, Account
from sandbox.onfon.faults import SWITCHES as ONFON_SWITCHES
from sandbox.onfon.gateway import Gateway
from sandbox.scheduler import Scheduler
from sandbox.telegram.faults import SWITCHES as TELEGRAM_SWITCHES
from sandbox.telegram.methods import obey
from sandbox.telegram.telegram import Account as BotAccount
from sandbox.telegram.telegram import Telegram
from sandbox.ussd.faults import SWITCHES as USSD_SWITCHES
from sandbox.ussd.gateway import Service, Ussd

REPORT_THREADS = 16
PAYMENT_THREADS = 16
UPDATE_THREADS = 40
"""Telegram delivers to so many connections at once."""

RESET_PATIENCE_SECONDS = 2.0
"""How long a reset waits for callbacks under way."""


class Wiring(msgspec.Struct, frozen=True):
    """What the outside world was told about the application."""

    platform: Account
    merchant: Merchant
    bot: BotAccount
    service: Service
    secrets: tuple[str, ...]


def wire(settings: Settings) -> Wiring:
    """As if an operator had filled in the portals of Onfon and Safaricom from our settings."""
    onfon, mpesa, base = settings.onfon, settings.mpesa, settings.app.public_url
    telegram, ussd = settings.telegram, settings.ussd
    paid_at = f"{base}/pay/in/{mpesa.callback_secret}/c2b"
    return Wiring(
        platform=Account(
            client_id=onfon.client_id,
            api_key=onfon.api_key,
            access_key=onfon.access_key,
            sender_ids={onfon.sender_id},
            callback_url=f"{base}/sms/in/{onfon.callback_secret}/dlr",
            shortcode=onfon.shortcode or SHORTCODE,
        ),
        merchant=Merchant(
            consumer_key=mpesa.consumer_key,
            consumer_secret=mpesa.consumer_secret,
            shortcode=mpesa.shortcode,
            till=mpesa.till,
            passkey=mpesa.passkey,
            initiator=mpesa.initiator_name,
            registration=Registration(2, "Completed", f"{paid_at}/confirm", f"{paid_at}/validate"),
        ),
        bot=BotAccount(telegram.token, settings.app.name, telegram.ops_chat_id, telegram.admin_ids),
        service=Service(ussd.service_code, f"{base}/ussd/{ussd.secret}/africastalking"),
        secrets=(
            onfon.callback_secret,
            mpesa.callback_secret,
            telegram.webhook_secret,
            ussd.secret,
        ),
    )


class World:
    """All providers, their faults, and the threads that make them act."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        # Apart, so that a flood of delivery reports never holds up news of money.
        self._reports = Scheduler(REPORT_THREADS)
        self.scheduler = Scheduler(PAYMENT_THREADS)
        self._carriers = Scheduler(UPDATE_THREADS)
        self.faults = Faults(
            {
                "onfon": ONFON_SWITCHES,
                "daraja": DARAJA_SWITCHES,
                "telegram": TELEGRAM_SWITCHES,
                "ussd": USSD_SWITCHES,
            },
            {"mpesa": "daraja"},
        )
        self.courier = Courier(wiring.secrets)
        self._begin(None)

    def _begin(self, before: Telegram | None) -> None:
        platform = copy.deepcopy(self._wiring.platform)
        self.onfon = Gateway(platform, self.faults, self._reports, self.courier)
        self.telegram = Telegram(
            self._wiring.bot, self.faults, self.scheduler, self._carriers, self.courier, before
        )
        self.telegram.webhook.call = partial(obey, self.telegram)
        self.ussd = Ussd(self._wiring.service, self.faults, self.scheduler, self.courier)
        self.daraja = Daraja(
            self._wiring.merchant, self.faults, self.scheduler, self.courier, self.ussd.is_open
        )

    def reset(self) -> None:
        """As just started; no callback of the former life comes after this."""
        self._reports.forget(RESET_PATIENCE_SECONDS)
        self.scheduler.forget(RESET_PATIENCE_SECONDS)
        self.telegram.close()
        self._carriers.forget(RESET_PATIENCE_SECONDS)
        self.faults.reset()
        self.courier.forget()
        self._begin(self.telegram)
