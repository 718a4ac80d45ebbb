"""What this is and how it is paid for."""

from __future__ import annotations

from core.dialogue.screens import Done
from core.dialogue.steps import Flow
from core.flows.visits import Visit
from core.settings import settings
from core.tenants import rows


def help_(visit: Visit) -> Flow:
    """Tell in a few words how it works, and how to pay without a menu."""
    yield from ()  # it asks nothing
    app = settings().app
    if visit.profile is None:
        lines = [
            visit.say(
                "{app} sends SMS to your customers. Register, top up by M-PESA, send.",
                app=app.name,
            ),
            visit.say("Dial {code} on any phone.", code=settings().ussd.service_code),
        ]
        return Done("\n".join(lines), detail=_web(visit))
    lines = [
        visit.say("Top up by M-PESA, then send. You pay only for SMS that are handed over."),
        pay_in(visit, rows.get(visit.profile.tenant_id).account_number),
    ]
    return Done("\n".join(lines), detail=_web(visit))


def pay_in(visit: Visit, account_number: str) -> str:
    """Say how to pay without being asked: by the Pay Bill menu, where there is one."""
    mpesa = settings().mpesa
    if mpesa.till:
        return visit.say("To top up, dial {code}.", code=settings().ussd.service_code)
    return visit.say(
        "M-PESA Pay Bill {paybill}, account {account}.",
        paybill=mpesa.shortcode,
        account=account_number,
    )


def _web(visit: Visit) -> str:
    return visit.say("For developers: {url}", url=f"{settings().app.public_url}/docs")
