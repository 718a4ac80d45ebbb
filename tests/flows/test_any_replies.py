"""Whatever is typed, pressed or repeated: money moves only after a yes, and on a phone the PIN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import database
from core.contacts import contacts, groups
from core.dialogue.screens import Asks, Reply, Screen
from core.flows import FLOWS, conversation
from core.ledger import accounts
from core.ledger.models import Hold
from core.messaging.models import Message
from core.money import Money
from core.payments.models import TopUp
from core.tenants import people, pins
from core.tenants.models import ApiKey, Invite, Person, Role
from core.tenants.profiles import Profile
from tests.flows.talking import PIN, Talk

BY = {"actor": "test", "channel": "test"}
START = Money.kes(50)

# What leads on is offered more often than what leads nowhere, or nothing would ever be reached.
WORDS = st.sampled_from(
    [
        *("1", "1", "1", "2", "3", "4", "5", "6", "7", PIN, PIN, "9753", "0733000001", "500"),
        *("Habari", "0", "00", "98", "", " ", "²", "1*2", "x" * 90, "0733000001*0733000002"),
    ]
)
MOVES = st.one_of(
    st.tuples(st.just("option"), st.integers(0, 7)),
    st.tuples(st.just("option"), st.integers(0, 7)),
    st.tuples(st.just("typed"), WORDS),
    st.tuples(st.just("typed"), WORDS),
    st.tuples(st.just("stale"), st.integers(0, 30)),
    st.tuples(st.just("repeat"), st.just(0)),
    st.tuples(st.just("back"), st.just(0)),
    st.tuples(st.just("home"), st.just(0)),
    st.tuples(st.just("start"), st.sampled_from(["send", "topup", "team", "keys", "menu"])),
    st.tuples(st.just("fits"), st.just(0)),
    st.tuples(st.just("fits"), st.just(0)),
    st.tuples(st.just("fits"), st.just(0)),
)
FITTING = {
    "send_number": "0733000001",
    "send_list1": "0733000001*0733000002",
    "send_list": "0733000001*0733000002",
    "send_text1": "Habari",
    "send_text": "Habari",
    "send_time": "kesho 9:00",
    "topup_amount": "50",
    "topup_number": "0733000009",
    "team_number": "0733000010",
    "key_name": "Website",
}


@dataclass
class Count:
    """What the person has allowed so far, by the act it allows."""

    yes: dict[str, int] = field(default_factory=dict)

    def see(self, talk: Talk, before: Screen, reply: Reply) -> None:
        """Note a reply that allows the act behind a confirmation."""
        act, _, kind = before.step.rpartition("_")
        if before.asks is Asks.CONFIRM and _is_test(before, reply):
            # A try to one's own phone is asked for here; on a phone the PIN after it counts.
            if talk.channel != "ussd":
                self.yes["test"] = self.yes.get("test", 0) + 1
            return
        if talk.channel == "ussd":
            # The yes was needed to come to the PIN; the right PIN is what lets it happen.
            typed = reply.kind == "typed" and reply.text.strip() == PIN
            allowed = before.asks is Asks.PIN and typed
            allowed = allowed or (act == "topup" and self._is_yes(before, reply))
        else:
            allowed = self._is_yes(before, reply)
        if allowed and kind in ("pin", "sure"):
            self.yes[act] = self.yes.get(act, 0) + 1

    @staticmethod
    def _is_yes(before: Screen, reply: Reply) -> bool:
        if before.asks is not Asks.CONFIRM or not before.options[0].key.startswith("yes"):
            return False
        if reply.kind == "pressed":
            return reply.step == before.step and reply.text == before.options[0].key
        typed = reply.text.strip().rstrip(".)# ")
        return reply.kind == "typed" and (
            typed == "1" or typed.casefold() == before.options[0].label.casefold()
        )


def _is_test(before: Screen, reply: Reply) -> bool:
    keys = [option.key for option in before.options]
    if "test" not in keys:
        return False
    if reply.kind == "pressed":
        return reply.step == before.step and reply.text == "test"
    typed = reply.text.strip().rstrip(".)# ")
    return reply.kind == "typed" and typed == str(keys.index("test") + 1)


@pytest.fixture
def owner(make_tenant: Callable[..., Profile], channel: str) -> Callable[[], tuple[Talk, Profile]]:
    """Somebody new at each call, with a business, a group and a little money."""
    numbers = iter(range(254790000000, 254799999999))

    def make() -> tuple[Talk, Profile]:
        tenant = make_tenant(START.text(), price="0.80")
        group, _ = groups.create(tenant.tenant_id, "Wateja", **BY)
        contact, _ = contacts.put(tenant.tenant_id, "0733000005", "Juma", **BY)
        groups.add(tenant.tenant_id, group.id, contact.id, **BY)
        msisdn = str(next(numbers))
        person = people.introduce(msisdn, "Asha", "en")
        people.join(person, tenant.tenant_id, Role.OWNER)
        if channel == "telegram":
            people.link_telegram(person, int(msisdn))
        else:
            Person.update(pin_digest=_digest()).where(Person.id == person.id).execute()
        return Talk(channel, msisdn), tenant

    return make


_kept: list[str] = []


def _digest() -> str:
    if not _kept:
        _kept.append(pins.make(PIN, "254700000000"))
    return _kept[0]


def _reply(talk: Talk, seen: list[Screen], verb: str, what: str | int) -> Reply | None:
    options = talk.screen.options
    match verb:
        case "option" if options:
            return Reply.pressed(talk.screen.step, options[int(what) % len(options)].key)
        case "fits" if talk.screen.asks is Asks.PIN:
            return Reply.typed(PIN)
        case "fits" if talk.screen.asks is Asks.CONFIRM:
            return Reply.pressed(talk.screen.step, options[0].key)
        case "fits" if talk.screen.step in FITTING:
            return Reply.typed(FITTING[talk.screen.step])
        case "fits" | "option":
            return Reply.typed("1")
        case "typed":
            return Reply.typed(str(what))
        case "stale" if seen:
            old = seen[int(what) % len(seen)]
            return Reply.pressed(old.step, old.options[0].key if old.options else "yes")
        case "back":
            return Reply.back()
        case "home":
            return Reply.home()
    return None


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(moves=st.lists(MOVES, min_size=5, max_size=25))
def test_any_replies_spend_at_most_what_was_allowed(
    owner: Callable[[], tuple[Talk, Profile]], moves: list[tuple[str, str | int]]
) -> None:
    """For each act: no more of them than right confirmations, and each paid for once."""
    talk, tenant = owner()
    talk.start("menu")
    count, seen, last = Count(), [talk.screen], Reply.home()
    for verb, what in moves:
        before = talk.screen
        if verb == "start":
            if talk.channel == "telegram":  # a command; a phone has none
                talk.start(str(what))
            continue
        reply = last if verb == "repeat" else _reply(talk, seen, verb, what)
        if reply is None:
            continue
        last = reply
        count.see(talk, before, reply)
        talk.screen = conversation.turn(talk.visit(), reply)
        seen.append(talk.screen)
    _judge(tenant, count)


def _judge(tenant: Profile, count: Count) -> None:
    holds = list(
        Hold.select().where(Hold.account_id == accounts.purse_id(tenant.tenant_id, tenant.purse))
    )
    balance = accounts.balance(tenant.tenant_id)
    allowed = sum(
        count.yes.get(each, 0) for each in ("send", "send_later", "test", "first", "repeat")
    )
    assert len(holds) <= allowed
    assert balance.held.units == sum(h.amount - h.taken - h.released for h in holds)
    assert balance.available + balance.held == START
    # A campaign's texts are priced and held, and become rows behind it.
    singles = [hold for hold in holds if not hold.id.startswith("cmp_")]
    assert Message.select().where(Message.tenant_id == tenant.tenant_id).count() >= len(singles)
    topups = TopUp.select().where(TopUp.tenant_id == tenant.tenant_id).count()
    assert topups <= count.yes.get("topup", 0)
    keys = ApiKey.select().where(ApiKey.tenant_id == tenant.tenant_id).count()
    assert keys <= count.yes.get("key", 0)
    invites = Invite.select().where(Invite.tenant_id == tenant.tenant_id).count()
    assert invites <= count.yes.get("team", 0)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(moves=st.lists(MOVES, max_size=12), flow=st.sampled_from(sorted(FLOWS)))
def test_any_replies_to_any_flow_are_answered_with_a_screen(
    owner: Callable[[], tuple[Talk, Profile]], moves: list[tuple[str, str | int]], flow: str
) -> None:
    talk, _ = owner()
    talk.start(flow)
    seen = [talk.screen]
    for verb, what in moves:
        if verb != "start" and (reply := _reply(talk, seen, verb, what)):
            talk.screen = conversation.turn(talk.visit(), reply)
            seen.append(talk.screen)
        assert talk.screen.text
        assert talk.screen.ends or talk.screen.step


def test_a_whole_talk_goes_on_after_a_restart_between_any_two_turns(
    owner: Callable[[], tuple[Talk, Profile]], store: str
) -> None:
    """Nothing but the database remembers: it is closed and opened before every turn."""
    talk, tenant = owner()
    answers = [
        "send",
        "list",
        "0733000001*0733000002",
        "go",
        "Habari",
        "go",
        "notice",
        "now",
        "yes",
    ]
    answers += [PIN]
    if talk.channel == "telegram":
        answers = [each for each in answers if each not in ("go", PIN)]
    talk.start("menu")
    for answer in answers:
        database.close_all()
        database.open_database(store)
        talk.say(answer)

    assert talk.screen.ends
    assert accounts.balance(tenant.tenant_id).held == Money.parse("1.60")
