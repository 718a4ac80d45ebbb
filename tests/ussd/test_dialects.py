"""One contract for every gateway: a request read into one shape, an answer in its own."""

from __future__ import annotations

import json

import falcon.testing
import pytest

from core.dialogue.screens import Asks
from tests.ussd.gateways import ACCUMULATING, CODE, GATEWAYS, Asked, Gateway
from ussd import dialects, phones, requests
from ussd.hops import Answer, Event, Hop
from ussd.requests import Request, Unreadable

ALL = sorted(GATEWAYS)
MENU = Answer("Menu\n1. Send SMS", goes_on=True, asks=Asks.CHOICE, step="menu")
BYE = Answer("Bye.")


def as_request(asked: Asked) -> Request:
    environ = falcon.testing.create_environ(
        path="/", method=asked.method, query_string=asked.query, body=asked.body.encode()
    )
    path = asked.path.split("/")[2:]
    return requests.read(environ, tuple(path))


def hop_of(gateway: Gateway, asked: Asked) -> Hop:
    dialect = dialects.find(gateway.name)
    assert dialect is not None
    return dialect.read(as_request(asked))


@pytest.mark.parametrize("name", ALL)
def test_who_and_which_session_is_read(name: str) -> None:
    gateway = GATEWAYS[name]()
    hop = hop_of(gateway, gateway.dial())

    assert hop.dialect == gateway.name
    assert hop.msisdn == gateway.phone
    assert hop.session_id == (gateway.phone if name == "Nalo" else gateway.session)
    assert hop.event in (Event.BEGIN, Event.HOP)
    assert not hop.must_dial or name == "Airtel"


@pytest.mark.parametrize("name", ALL)
def test_what_was_typed_is_read_to_the_letter(name: str) -> None:
    """Stars, accents and spaces in the middle are the person's own."""
    gateway = GATEWAYS[name]()
    gateway.dial()
    hop = hop_of(gateway, gateway.type("Buy 2*3 maandazi & chai, é"))

    if name in ACCUMULATING:
        assert hop.last_input is None
        assert hop.given.rstrip("#").endswith("Buy 2*3 maandazi & chai, é")
    else:
        assert (hop.transcript, hop.given) == (None, "Buy 2*3 maandazi & chai, é")
        assert hop.event in (Event.INPUT, Event.HOP)


@pytest.mark.parametrize("answer", [MENU, BYE], ids=["goes on", "ends"])
@pytest.mark.parametrize("name", ALL)
def test_an_answer_goes_out_in_the_gateways_own_form(name: str, answer: Answer) -> None:
    gateway = GATEWAYS[name]()
    dialect = dialects.find(gateway.name)
    assert dialect is not None
    for ask in (gateway.dial, lambda: gateway.type("1")):
        wire = dialect.write(as_request(ask()), answer)
        headers = {"content-type": wire.content_type} | {
            each.lower(): value for each, value in wire.headers.items()
        }
        seen = gateway.read(headers, wire.body)

        assert (seen.text, seen.goes_on) == (answer.text, answer.goes_on)


@pytest.mark.parametrize("name", [each for each in ALL if GATEWAYS[each]().end() is not None])
def test_the_end_of_a_session_is_recognised(name: str) -> None:
    gateway = GATEWAYS[name]()
    gateway.dial()
    asked = gateway.end()
    assert asked is not None
    hop = hop_of(gateway, asked)

    assert (hop.event, hop.session_id) == (Event.END, gateway.session)
    assert hop.outcome


@pytest.mark.parametrize("name", sorted({made().name for made in GATEWAYS.values()}))
@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe=%ff", b'{"a": {"b": [1]}}', b"a=1&a=2"])
def test_nonsense_is_refused_and_still_answered(name: str, body: bytes) -> None:
    dialect = dialects.find(name)
    assert dialect is not None
    environ = falcon.testing.create_environ(path="/", method="POST", body=body)
    request = requests.read(environ)

    with pytest.raises(Unreadable):
        dialect.read(request)
    assert b"Bye." in dialect.write(request, BYE).body


@pytest.mark.parametrize("name", sorted(set(ALL) - {"Infobip", "Beem"}))
def test_fields_are_read_by_get_and_by_post_alike(name: str) -> None:
    """A well-known emulator sends Africa's Talking's fields by GET."""
    gateway = GATEWAYS[name]()
    asked = gateway.dial()
    given = as_request(asked)
    fields = "&".join(f"{key.upper()}={given.get(key)}" for key in given.raw)
    moved = Asked("GET", fields.replace("+", "%2B").replace("#", "%23"))

    assert hop_of(gateway, moved) == hop_of(gateway, asked)


def test_a_field_sent_twice_with_two_values_is_refused() -> None:
    gateway = GATEWAYS["Crossgate"]()
    asked = gateway.dial()
    twice = Asked("GET", asked.query + "&msisdn=254799999999")

    with pytest.raises(Unreadable, match="two values"):
        hop_of(gateway, twice)
    assert hop_of(gateway, Asked("GET", asked.query + f"&MSISDN={gateway.phone}"))


def test_a_raw_hash_that_cut_the_address_off_is_recognised() -> None:
    """Published samples are written that way: nothing behind the sign ever reaches us."""
    gateway = GATEWAYS["TechSavanna"]()
    whole = "USSDCODE=*384*1234#&SESSIONID=s1&MSISDN=254712345678&INPUT="
    later = "SESSIONID=s1&MSISDN=254712345678&USSDCODE=*384*1234#&INPUT=1"

    with pytest.raises(Unreadable, match="fields are missing"):
        hop_of(gateway, Asked("GET", whole.split("#")[0]))
    with pytest.raises(Unreadable, match="%23"):
        hop_of(gateway, Asked("GET", later.split("#")[0]))


def test_a_body_without_a_length_is_read_too() -> None:
    asked = GATEWAYS["AfricasTalking"]().dial()
    environ = falcon.testing.create_environ(path="/", method="POST", body=asked.body.encode())
    del environ["CONTENT_LENGTH"]

    assert requests.read(environ).get("sessionId") == ""
    environ["HTTP_TRANSFER_ENCODING"] = "chunked"
    assert requests.read(environ).get("sessionId") == "ATUid_5d3b0c1f"


def test_a_plus_that_was_not_escaped_is_no_harm() -> None:
    gateway = GATEWAYS["Crossgate"]()
    query = "session_id=s1&msisdn=+254712345678&service_code=x&ussd_string=1*Hi+there"
    hop = hop_of(gateway, Asked("GET", query))

    assert (hop.msisdn, hop.transcript) == ("254712345678", "1*Hi there")


@pytest.mark.parametrize(
    ("written", "country", "read"),
    [
        ("+254712345678", "254", "254712345678"),
        (" 254 712 345 678", "254", "254712345678"),
        ("0712345678", "254", "254712345678"),
        ("0112345678", "254", "254112345678"),
        ("712345678", "254", "254712345678"),
        ("00254712345678", "254", "254712345678"),
        ("0241234567", "233", "233241234567"),
        ("256772123456", "254", "256772123456"),
        ("", "254", None),
        ("anonymous", "254", None),
        ("12345", "254", None),
        ("1" * 16, "254", None),
        ("٠٧١٢٣٤٥٦٧٨", "254", None),
    ],
)
def test_a_phone_is_read_by_its_digits(written: str, country: str, read: str | None) -> None:
    assert phones.read(written, country) == read


def test_a_number_in_json_is_text_to_us() -> None:
    gateway = GATEWAYS["Beem"]()
    gateway.dial()
    hop = hop_of(gateway, gateway.type("x"))
    fields = json.loads(gateway.hop(begin=False, given="x").body)
    fields["payload"]["response"] = 7
    number = hop_of(gateway, Asked("POST", body=json.dumps(fields), is_json=True))

    assert (hop.hop_id, number.last_input) == ("2", "7")


def test_a_step_is_named_for_their_dashboard_and_nothing_else() -> None:
    dialect = dialects.find("africastalking")
    assert dialect is not None
    wire = dialect.write(Request(), Answer("x", True, step="topup.amount|" + "y" * 120))

    assert wire.headers["at-ussd-hop-metadata"] == ("topup.amount_" + "y" * 120)[:99]
    assert dialect.write(Request(), BYE).headers == {}


def test_a_pin_is_not_shown_on_the_gateways_pages() -> None:
    dialect = dialects.find("hubtel")
    assert dialect is not None
    said = json.loads(dialect.write(Request(), Answer("PIN?", True, Asks.PIN)).body)

    assert said["MaskNextRoute"] is True


def test_wrong_use_of_infobips_addresses_is_told_inside_a_success() -> None:
    dialect = dialects.find("infobip")
    assert dialect is not None
    said = json.loads(dialect.write(Request(path=("s1", "stop")), BYE).body)

    assert (said["responseExitCode"], said["shouldClose"]) == (400, True)
    assert said["responseMessage"]


def test_a_preset_of_the_settings_is_a_dialect(change_settings) -> None:
    from core.settings import settings
    from core.settings.sections import Dialect

    mine = Dialect(session="sid", phone="tel", code="code", input="said", accumulated=False)
    change_settings("ussd", dialects={**settings().ussd.dialects, "mine": mine})
    dialect = dialects.find("mine")
    assert dialect is not None
    hop = dialect.read(as_request(Asked("POST", body=f"sid=1&tel=0712345678&code={CODE}&said=2")))

    assert (hop.last_input, hop.transcript, hop.session_id) == ("2", None, "1")
    assert "mine" in dialects.names()
    assert dialects.find("nobody") is None
