"""Opt-outs kept by hand, and numbers that are blocked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core import database, events
from core.contacts import consents, contacts, pseudonyms
from core.contacts.models import Consent, Suppression
from core.messaging import opting, optouts, replies, sending, suppression
from core.messaging.errors import NoRecipients
from core.messaging.models import Category
from core.messaging.optouts import OperatorBlocks, OptedOutThemselves, OptOutNotFound
from core.messaging.sending import Order, Text
from core.privacy import erasing
from core.tenants.models import Audit
from core.tenants.profiles import Profile
from tests.races import together

BY = {"actor": "key:key_1", "channel": "api"}
JUMA = "254712345678"
PROMO = ["promotional"]


def status(tenant_id: int) -> str:
    found = contacts.by_number(tenant_id, JUMA)
    assert found is not None
    return str(found.status)


def out(tenant_id: int, categories: list[str] | None = None) -> optouts.Added:
    return optouts.add(tenant_id, ["0712345678"], categories or PROMO, source="call centre", **BY)


def reason(tenant_id: int, category: str) -> str | None:
    return suppression.among_now(tenant_id, category, [JUMA]).get(JUMA)


def test_an_opt_out_is_of_its_class_and_shows_in_the_contact(
    make_tenant: Callable[..., Profile],
) -> None:
    mine = make_tenant().tenant_id
    contacts.put(mine, JUMA, **BY)
    assert (out(mine).added, out(mine).already) == (1, 1)

    assert status(mine) == "opted_out"
    assert reason(mine, "promotional") == "opted_out"
    assert reason(mine, "transactional") is None
    assert events.Event.select().where(events.Event.name == "contact.opted_out").count() == 1
    assert optouts.remove(mine, "0712345678", optouts.ALL, **BY) == PROMO
    assert status(mine) == "active"
    with pytest.raises(OptOutNotFound):
        optouts.remove(mine, "0712345678", optouts.ALL, **BY)


def test_a_persons_own_no_goes_with_evidence_only(make_tenant: Callable[..., Profile]) -> None:
    mine = make_tenant().tenant_id
    wish = replies.wish("STOP ALL")
    assert wish is not None
    out(mine)  # noted before by the business: the person's word counts more
    opting.opt_out(mine, JUMA, wish, inbound_id="inb_1", answers=None)
    with pytest.raises(OptedOutThemselves):
        optouts.remove(mine, JUMA, optouts.ALL, **BY)
    assert reason(mine, "promotional") == "opted_out"

    given = consents.Given("Form at the till", "I want offers again")
    assert optouts.remove(mine, JUMA, optouts.ALL, consent=given, **BY) == sorted(optouts.ALL)
    kept = Consent.get()
    assert (kept.tenant_id, kept.wording) == (mine, "I want offers again")
    assert kept.id in Audit.get(Audit.act == "optout.removed").after


@pytest.mark.parametrize("source", ["operator", "reply:inb_1"])
def test_a_business_cannot_speak_for_others(
    make_tenant: Callable[..., Profile], source: str
) -> None:
    mine = make_tenant().tenant_id
    optouts.add(mine, [JUMA], PROMO, source=source, **BY)

    assert Suppression.get().source == f"says {source}"
    assert optouts.remove(mine, JUMA, optouts.ALL, **BY) == PROMO


def test_what_the_operator_blocks_stays(make_tenant: Callable[..., Profile]) -> None:
    mine = make_tenant().tenant_id
    out(mine, list(optouts.ALL))
    suppression.add(mine, JUMA, "promotional", source="operator")
    given = consents.Given("Form", "I want offers again")
    with pytest.raises(OperatorBlocks) as refused:
        optouts.remove(mine, JUMA, optouts.ALL, consent=given, **BY)
    assert "*456#" in refused.value.words("sw")
    assert optouts.remove(mine, JUMA, ["transactional"], **BY) == ["transactional"]

    wish = replies.wish("STOP")
    assert wish is not None
    opting.opt_out(mine, JUMA, wish, inbound_id="inb_1", answers=None)
    opting.opt_in(mine, JUMA, wish, inbound_id="inb_2")
    assert reason(mine, "promotional") == "opted_out"


def test_who_opted_out_before_being_a_contact_is_one_who_opted_out(
    make_tenant: Callable[..., Profile],
) -> None:
    mine = make_tenant().tenant_id
    out(mine)
    made = contacts.put(mine, JUMA, "Juma", **BY).contact

    assert made.status == "opted_out"
    contacts.remove(mine, made.id, **BY)
    assert reason(mine, "promotional") == "opted_out"


def test_a_blocked_contact_gets_nothing_at_all(make_tenant: Callable[..., Profile]) -> None:
    tenant = make_tenant("100")
    juma = contacts.put(tenant.tenant_id, JUMA, **BY).contact
    optouts.block(tenant.tenant_id, juma.id, **BY)

    assert status(tenant.tenant_id) == "blocked"
    with pytest.raises(NoRecipients) as refused:
        sending.send(tenant, Order([Text(JUMA, "Habari")]), once=None, actor="test")
    assert [each.code for each in refused.value.declined] == ["blocked"]


@pytest.mark.parametrize("first", ["block", "out"])
def test_a_block_and_an_opt_out_come_and_go_beside_each_other(
    make_tenant: Callable[..., Profile], first: str
) -> None:
    mine = make_tenant().tenant_id
    juma = contacts.put(mine, JUMA, **BY).contact
    acts = [lambda: optouts.block(mine, juma.id, **BY), lambda: out(mine)]
    for act in acts if first == "block" else acts[::-1]:
        act()
    assert status(mine) == "blocked"
    assert [row.category for row in optouts.listing(mine)] == PROMO

    optouts.unblock(mine, juma.id, **BY)
    assert (status(mine), reason(mine, "transactional")) == ("opted_out", None)
    optouts.block(mine, juma.id, **BY)
    optouts.remove(mine, JUMA, optouts.ALL, **BY)
    assert (status(mine), reason(mine, "transactional")) == ("blocked", "blocked")


def test_an_opt_out_under_a_pseudonym_is_that_of_its_number(
    make_tenant: Callable[..., Profile],
) -> None:
    """An erased person's number that comes back has not forgotten."""
    mine = make_tenant().tenant_id
    suppression.add(mine, pseudonyms.of(mine, JUMA), "promotional", source="stop")

    assert reason(mine, "promotional") == "opted_out"
    assert out(mine).already == 1
    assert contacts.put(mine, JUMA, **BY).contact.status == "opted_out"
    assert optouts.remove(mine, JUMA, PROMO, **BY) == PROMO
    assert Suppression.select().count() == 0
    assert status(mine) == "active"


def test_an_opt_out_outlives_the_key_its_pseudonym_was_made_with(
    make_tenant: Callable[..., Profile], change_settings: Callable[..., None]
) -> None:
    mine = make_tenant().tenant_id
    change_settings("app", secret_key="old" * 12)
    suppression.add(mine, pseudonyms.of(mine, JUMA), "promotional", source="stop")
    change_settings("app", secret_key=f"{'new' * 12},{'old' * 12}")

    assert reason(mine, "promotional") == "opted_out"


def test_a_pseudonym_tells_the_operator_and_nothing_else(
    make_tenant: Callable[..., Profile],
) -> None:
    mine, theirs = make_tenant().tenant_id, make_tenant().tenant_id

    assert len(pseudonyms.of(mine, JUMA)) == 15
    assert pseudonyms.of(mine, JUMA).startswith("x712")
    assert pseudonyms.of(mine, "14155550100").startswith("x000")
    assert pseudonyms.of(mine, JUMA) != pseudonyms.of(theirs, JUMA)
    assert pseudonyms.of(mine, pseudonyms.of(mine, JUMA)) == pseudonyms.of(mine, JUMA)


def test_opt_outs_are_listed_newest_first_each_once(make_tenant: Callable[..., Profile]) -> None:
    mine = make_tenant().tenant_id
    numbers = [f"07120000{number:02d}" for number in range(7)]
    done = optouts.add(mine, [*numbers, "nonsense"], optouts.ALL, source="file", **BY)
    assert (done.added, [each.given for each in done.wrong]) == (14, ["nonsense"])
    seen: list[tuple[str, str]] = []
    after = None
    while page := optouts.listing(mine, after=after, limit=4):
        seen += [(row.msisdn, row.category) for row in page]
        after = optouts.place(page[-1])

    assert len(seen) == len(set(seen)) == 14
    assert len(optouts.listing(mine, category="promotional", limit=99)) == 7
    assert len(optouts.listing(mine, number="0712000003")) == 2
    assert optouts.listing(make_tenant().tenant_id) == []


def test_the_same_number_opting_out_at_once_is_one_opt_out(
    make_tenant: Callable[..., Profile],
) -> None:
    mine = make_tenant().tenant_id
    contacts.put(mine, JUMA, **BY)
    done = together(5, lambda _: out(mine, list(optouts.ALL)))

    assert sum(each.added for each in done) == 2
    assert Suppression.select().count() == 2
    assert [each.value for each in Category if reason(mine, each)] == [*Category]


def test_who_was_erased_and_says_no_stays_unnamed(make_tenant: Callable[..., Profile]) -> None:
    mine = make_tenant().tenant_id
    erasing.erase(mine, contacts.put(mine, JUMA, **BY).contact.id, **BY)
    out(mine)

    assert [row.msisdn for row in Suppression.select()] == [pseudonyms.of(mine, JUMA)]
    assert reason(mine, "promotional") == "opted_out"


def test_a_yes_by_answer_lifts_the_no_that_an_erased_number_gave(
    make_tenant: Callable[..., Profile],
) -> None:
    mine = make_tenant().tenant_id
    wish = replies.wish("STOP")
    assert wish is not None
    opting.opt_out(mine, JUMA, wish, inbound_id="inb_1", answers=None)
    erasing.erase(mine, contacts.put(mine, JUMA, **BY).contact.id, **BY)
    contacts.put(mine, JUMA, **BY)
    assert status(mine) == "opted_out"
    opting.opt_in(mine, JUMA, wish, inbound_id="inb_2")

    assert (status(mine), Suppression.select().count()) == ("active", 0)


def test_a_thousand_opt_outs_are_noted_at_once(
    make_tenant: Callable[..., Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = make_tenant().tenant_id
    contacts.put(mine, JUMA, **BY)
    out(mine)
    numbers = [JUMA, *(f"2547{10_000_000 + each}" for each in range(999))]
    asked = [0]
    execute_sql = database.db.obj.execute_sql

    def counting(*args: object, **how: object) -> object:
        asked[0] += 1
        return execute_sql(*args, **how)

    monkeypatch.setattr(database.db.obj, "execute_sql", counting)
    done = optouts.add(mine, numbers, optouts.ALL, source="letters", **BY)

    assert (done.added, done.already) == (1999, 1)
    assert asked[0] < 40
    assert Suppression.select().count() == 2000
    facts = events.Event.select().where(events.Event.name == "contact.opted_out")
    assert facts.count() == 1 + 1000
    assert status(mine) == "opted_out"
