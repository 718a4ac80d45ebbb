"""The proof reads one moment and holds nobody up."""

from __future__ import annotations

import threading
from collections.abc import Callable

from core import prove
from core.database import close_all, snapshot
from core.ledger import accounts
from core.messaging import sending
from core.messaging.sending import Order, Text
from core.tenants.profiles import Profile


def test_texts_are_accepted_while_the_books_are_read(make_tenant: Callable[..., Profile]) -> None:
    tenant = make_tenant(wallet="10", price="0.8")

    def send() -> None:
        sending.send(tenant, Order([Text("0712000001", "Habari")]), once=None, actor="test")
        close_all()

    with snapshot():
        before = accounts.balance(tenant.tenant_id).held
        writer = threading.Thread(target=send)
        writer.start()
        writer.join(100)
        during = accounts.balance(tenant.tenant_id).held

        assert not writer.is_alive()
        assert during == before
    assert accounts.balance(tenant.tenant_id).held.text() == "0.80"
    assert all(each.is_ok for each in prove.run())
