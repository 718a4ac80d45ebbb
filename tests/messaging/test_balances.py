"""The gateway's balance is followed beside our books, whatever else goes on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import msgspec
import pytest

from core import database, secrets
from core.gateways.onfon import Credentials
from core.messaging import balances
from core.messaging.models import SHARED_ACCOUNT, GatewayAccount, GatewayBalance
from core.settings import settings
from tests.messaging.scene import ASHA, Gateway, Make, hand_over, send


class Teller(BaseHTTPRequestHandler):
    """Tells a balance, and lets something happen meanwhile."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)
    said = "KSh1,234.50"

    def do_GET(self) -> None:
        type(self).meanwhile()
        body = {"ErrorCode": 0, "Data": [{"PluginType": "SMS", "Credits": self.said}]}
        raw = json.dumps(body).encode()
        self.send_response(200 if self.path.startswith("/onfon/") else 503)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def teller(change_settings: Callable[..., None]) -> Iterator[type[Teller]]:
    """A gateway that tells its balance."""

    class Own(Teller):
        pass

    server = HTTPServer(("127.0.0.1", 0), Own)
    change_settings("onfon", base_url=f"http://127.0.0.1:{server.server_port}/onfon/v1/sms")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield Own
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_balance_is_kept_beside_what_our_books_had_spent(
    make_tenant: Make, teller: type[Teller]
) -> None:
    send(make_tenant(wallet="10"), ASHA, body="a" * 161)
    hand_over(Gateway())
    balances.sync_balances()

    found = balances.latest()
    assert found is not None
    assert (found.said, found.units, found.is_money) == ("KSh1,234.50", 12_345_000, True)
    assert found.booked == 2 * 3500


def test_others_write_while_the_gateway_is_asked(make_tenant: Make, teller: type[Teller]) -> None:
    """An open question of ours must not stand against our own write after it."""
    tenant = make_tenant(wallet="10")
    for number in (7, 8):
        own = sealed(credentials(teller))
        GatewayAccount.create(kind="onfon", tenant_id=number, credentials=own)
    sent: list[object] = []

    def write() -> None:
        sent.append(send(tenant, ASHA))
        database.db.obj.close()

    teller.meanwhile = staticmethod(write)
    balances.sync_balances()

    assert len(sent) == 3
    assert GatewayBalance.select().count() == 3


def credentials(teller: type[Teller]) -> Credentials:
    return Credentials(settings().onfon.base_url, "api+key/1=", "client", "access")


def sealed(credentials: Credentials) -> str:
    return secrets.seal(msgspec.json.encode(credentials).decode())


def test_a_gateway_that_is_down_keeps_nobody_elses_balance_from_being_read(
    make_tenant: Make, teller: type[Teller]
) -> None:
    elsewhere = settings().onfon.base_url.replace("/onfon/", "/broken/")
    broken = sealed(Credentials(elsewhere, "api-key", "client", "access"))
    GatewayAccount.update(credentials=broken).where(GatewayAccount.id == SHARED_ACCOUNT).execute()
    own = sealed(credentials(teller))
    account = GatewayAccount.create(kind="onfon", tenant_id=7, credentials=own)
    balances.sync_balances()

    assert [row.account_id for row in GatewayBalance.select()] == [account.id]
