"""Somebody dials, through any gateway: what they meet, and what happens once only."""

from __future__ import annotations

import pytest

from core import clock
from core.dialogue.hops import UssdSession
from core.words import say
from tests.ussd.gateways import ACCUMULATING, DIALLING, GATEWAYS, Asked
from tests.ussd.scene import PIN, Dials, World
from ussd import arrivals, sessions, talking
from ussd.render import units

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

ALL = sorted(GATEWAYS)
HOME = "Salon Zuri\n1. Send SMS\n2. Groups\n3. Terms\n4. Break\n5. Access\n6. Pay now"


@pytest.mark.parametrize("gateway", ALL)
def test_a_whole_conversation_through_any_gateway(phone: Dials, world: World, gateway: str) -> None:
    asha = phone(gateway)

    first = asha.dial()
    assert (first.text, first.goes_on) == (HOME, True)
    assert asha.type("1").text == "Type message:\n0. Back  00. Home"
    assert asha.type("Buy 2*3 items").text.startswith("Send Buy 2*3 items?\n1. Confirm\n2. Cancel")
    assert asha.type("1").text.startswith("Enter PIN to send:")
    last = asha.type(PIN)
    assert last.text.startswith("Queued. Ref ")
    assert not last.goes_on
    assert world.texts == ["Buy 2*3 items"]
    assert len(world.acts) == 1


@pytest.mark.parametrize("gateway", ALL)
def test_every_hop_of_any_gateway_may_come_twice(phone: Dials, world: World, gateway: str) -> None:
    """Each repetition gets what the first was told, and nothing is done again."""
    asha = phone(gateway)
    hops = [asha.gateway.dial] + [
        lambda text=text: asha.gateway.type(text) for text in ("1", "Habari", "1", PIN)
    ]
    for make in hops:
        asked = make()
        assert asha.show(asked) == asha.show(asked) == asha.show(asked)

    assert len(world.acts) == 1
    assert world.texts == ["Habari"]


@pytest.mark.parametrize("gateway", ACCUMULATING)
def test_a_hop_that_comes_late_gets_its_own_answer(
    phone: Dials, world: World, gateway: str
) -> None:
    asha = phone(gateway)
    first, second = asha.gateway.dial(), None
    home = asha.show(first)
    second = asha.gateway.type("1")
    question = asha.show(second)
    asha.type("Habari", "1", PIN)

    assert asha.show(first) == home
    assert asha.show(second) == question
    assert len(world.acts) == 1


@pytest.mark.parametrize("gateway", ["Beem", "Hubtel"])
def test_a_late_hop_with_a_number_gets_its_own_answer(
    phone: Dials, world: World, gateway: str
) -> None:
    asha = phone(gateway)
    asha.dial()
    asked = asha.gateway.type("1")
    question = asha.ask(asked).content
    asha.type("Habari")

    assert asha.ask(asked).content == question


@pytest.mark.parametrize("gateway", ["Airtel", "Infobip", "Arkesel", "Nalo"])
def test_the_same_answer_again_is_a_retry_only_for_a_moment(
    phone: Dials, world: World, gateway: str
) -> None:
    """Two seconds later a "1" is the answer to the next question."""
    clock.freeze(clock.now())
    asha = phone(gateway)
    asha.dial()
    question = asha.type("1")
    clock.advance(1.5)
    assert asha.type("1") == question
    clock.advance(2.5)

    assert asha.type("1").text.startswith("Send 1?")


@pytest.mark.parametrize("gateway", ALL)
def test_a_repeated_first_hop_is_one_session(phone: Dials, world: World, gateway: str) -> None:
    """Safaricom is known to send it twice."""
    asha = phone(gateway)
    asked = asha.gateway.dial()
    assert asha.show(asked) == asha.show(asked)
    asha.type("1")
    if gateway != "Nalo":  # whose sessions have no name, so that this would be a new one
        assert asha.ask(asked).status_code == 200

    assert UssdSession.select().count() == 1


def test_a_transcript_that_cannot_be_ends_politely(phone: Dials, world: World) -> None:
    asha = phone()
    asha.dial()
    asha.type("1", "Habari")
    asha.gateway.typed = ["2", "Uongo"]
    seen = asha.type("1")

    assert not seen.goes_on
    assert "Dial *384*1234#" in seen.text
    assert world.acts == []


def test_a_blank_answer_is_asked_again(phone: Dials) -> None:
    asha = phone()
    asha.dial()
    asha.type("1")

    assert asha.type("").text.startswith("Please type an answer.\nType message:")
    assert asha.type("Habari").text.startswith("Send Habari?")


# Dialled ahead


@pytest.mark.parametrize("gateway", DIALLING)
def test_answers_dialled_ahead_lead_to_their_screen(
    phone: Dials, world: World, gateway: str
) -> None:
    asha = phone(gateway)

    assert asha.dial("2").text.startswith("Choose a group:")
    assert asha.type("7").text == "Group g7"


@pytest.mark.parametrize("gateway", DIALLING)
def test_no_pin_and_no_confirmation_is_dialled_ahead(
    phone: Dials, world: World, gateway: str
) -> None:
    """They would stay in the phone's list of calls."""
    asha = phone(gateway)

    assert asha.dial(f"1*Habari*1*{PIN}").text.startswith("Send Habari?")
    assert world.acts == []
    assert asha.type("1").text.startswith("Enter PIN to send:")
    assert asha.type(PIN).text.startswith("Queued.")


def test_a_pin_is_not_dialled_ahead_either(phone: Dials) -> None:
    assert phone().dial(f"5*{PIN}*Asha").text.startswith("Enter PIN:")


def test_a_wrong_answer_dialled_ahead_is_shown_with_its_reason(phone: Dials) -> None:
    asha = phone()

    assert asha.dial("9*1").text == f"Choose 1-6.\n{HOME}"
    assert asha.type("1").text.startswith("Type message:")


def test_an_extension_is_learned_and_not_mistaken_for_an_answer(phone: Dials) -> None:
    asha = phone("Kemrut")
    asha.dial()
    asha.type("1")

    assert asha.type("1234").text.startswith("Send 1234?")


# Keys and pages


def test_back_home_and_more(phone: Dials) -> None:
    asha = phone()
    asha.dial()
    first = asha.type("2").text
    second = asha.type("98").text

    assert "98. More" in first
    assert first.startswith("Choose a group:\n1. ")
    assert second.startswith("Choose a group:\n")
    assert second != first
    assert asha.type("0").text == first
    assert asha.type("0").text == HOME
    asha.type("2", "98")
    assert asha.type("00").text == HOME


def test_turning_a_page_asks_nobody(phone: Dials, world: World) -> None:
    asha = phone()
    asha.dial()
    asha.type("2")
    before = world.visits
    asha.type("98", "98", "0")

    assert world.visits == before


def test_a_number_is_taken_from_any_page(phone: Dials) -> None:
    asha = phone()
    asha.dial()
    asha.type("2", "98", "98")

    assert asha.type("1").text == "Group g1"


def test_a_list_does_not_shift_under_the_reader(
    phone: Dials, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.ussd import scene

    asha = phone()
    asha.dial()
    first = asha.type("2").text
    fewer = {"g0": "Mpya"} | scene.GROUPS
    monkeypatch.setattr(scene, "GROUPS", fewer)

    assert asha.type("98").text.startswith("Choose a group:")
    assert asha.type("0").text == first
    assert asha.type("2").text == "Group g2"


def test_a_wrong_number_leaves_the_page_where_it_was(phone: Dials) -> None:
    asha = phone()
    asha.dial()
    second = asha.type("2", "98").text
    wrong = asha.type("77").text

    assert wrong.startswith("Choose 1-30.\nChoose a group:")
    assert second.splitlines()[1] in wrong.splitlines()


@pytest.mark.parametrize("typed", ["1.", "1)", " 1 ", "1#", "１", "send sms"])
def test_a_choice_is_read_as_it_was_meant(phone: Dials, typed: str) -> None:
    asha = phone()
    asha.dial()

    assert asha.type(typed).text.startswith("Type message:")


@pytest.mark.parametrize("typed", ["98", "0.", "000", "0 0", "1", "O", "00 x", "98. More"])
def test_in_a_text_nearly_everything_is_content(phone: Dials, typed: str) -> None:
    asha = phone()
    asha.dial()
    asha.type("1")

    assert asha.type(typed).text.startswith(f"Send {typed}?")


@pytest.mark.parametrize(("typed", "leads_to"), [("0", HOME), ("00", HOME)])
def test_in_a_text_only_the_bare_keys_navigate(phone: Dials, typed: str, leads_to: str) -> None:
    asha = phone()
    asha.dial()
    asha.type("1")

    assert asha.type(typed).text == leads_to


def test_last_words_too_long_for_a_screen_are_paged(phone: Dials) -> None:
    asha = phone()
    asha.dial()
    first = asha.type("3")
    second = asha.type("98")
    third = asha.type("98")

    assert [each.goes_on for each in (first, second, third)] == [True, True, False]
    assert third.text.endswith("sharti44")
    assert asha.type("98").text.startswith("This session has ended.")


def test_whoever_has_read_enough_is_let_go(phone: Dials) -> None:
    """Anything but our keys leads from last words to their last page, and home leads home."""
    asha = phone()
    asha.dial()
    asha.type("3")
    last = asha.type("1")

    assert (last.text.endswith("sharti44"), last.goes_on) == (True, False)
    again = phone()
    again.dial()
    assert again.type("3", "00").text == HOME


def test_what_was_typed_is_text_and_nothing_more(phone: Dials) -> None:
    """Braces are no templates, control characters no line ends."""
    asha = phone()
    asha.dial()
    asha.type("1")

    assert asha.type("{0} {x}\n%s\x07").text.startswith("Send {0} {x} %s?\n1. Confirm")


def test_three_wrong_answers_in_a_row_end_with_help(phone: Dials) -> None:
    asha = phone()
    asha.dial()
    assert asha.type("9").goes_on
    assert asha.type("8").goes_on
    last = asha.type("7")

    assert not last.goes_on
    assert last.text.startswith("Choose 1-6.\nThat was not right three times.")


def test_a_right_answer_in_between_forgives_the_wrong_ones(phone: Dials) -> None:
    asha = phone()
    asha.dial()
    asha.type("9", "8", "2", "77", "78")

    assert asha.type("1").text == "Group g1"


def test_a_wrong_pin_is_asked_again(phone: Dials, world: World) -> None:
    asha = phone()
    asha.dial()
    asha.type("1", "Habari", "1")

    assert asha.type("1111").text.startswith("Wrong PIN.\nEnter PIN to send:")
    assert asha.type(PIN).text.startswith("Queued.")


# Redialling


def redialled(phone: Dials, *typed: str) -> tuple[str, object]:
    """Be cut off after some answers, and dial again."""
    asha = phone()
    asha.dial()
    if typed:
        asha.type(*typed)
    again = phone()
    return again.dial().text, again


OFFER = "You were not finished.\n1. Continue\n2. Start over"


def test_whoever_was_cut_off_may_go_on(phone: Dials) -> None:
    shown, again = redialled(phone, "1", "Habari")

    assert shown == OFFER
    assert again.type("1").text.startswith("Send Habari?")


def test_or_start_over(phone: Dials) -> None:
    shown, again = redialled(phone, "1", "Habari")

    assert shown == OFFER
    assert again.type("2").text == HOME


def test_the_offer_is_repeated_to_whoever_answers_something_else(phone: Dials) -> None:
    _, again = redialled(phone, "1", "Habari")

    assert again.type("5").text == f"Choose 1-2.\n{OFFER}"
    assert again.type("00").text == HOME


def test_nothing_is_offered_at_the_first_screen(phone: Dials) -> None:
    assert redialled(phone)[0] == HOME
    assert redialled(phone, "1", "00")[0] == HOME


def test_nothing_is_offered_after_the_end(phone: Dials) -> None:
    assert redialled(phone, "1", "Habari", "2")[0] == HOME


def test_nothing_is_offered_after_ten_minutes(phone: Dials) -> None:
    clock.freeze(clock.now())
    asha = phone()
    asha.dial()
    asha.type("1", "Habari")
    clock.advance(601)

    assert phone().dial().text == HOME


def test_nobody_goes_on_behind_a_pin(phone: Dials) -> None:
    """The phone may be in other hands by now."""
    assert redialled(phone, "5", PIN)[0] == HOME


def test_the_pin_itself_may_be_gone_on_with(phone: Dials) -> None:
    shown, again = redialled(phone, "1", "Habari", "1")

    assert shown == OFFER
    assert again.type("1").text.startswith("Enter PIN to send:")


def test_answers_dialled_ahead_start_over(phone: Dials) -> None:
    asha = phone()
    asha.dial()
    asha.type("1", "Habari")

    assert phone().dial("2").text.startswith("Choose a group:")


def test_a_phone_has_one_session_at_a_time(phone: Dials, world: World) -> None:
    """An answer on its way when somebody dialled again is no answer to the new screen."""
    asha = phone()
    asha.dial()
    asha.type("1", "Habari", "1")
    phone().dial()

    assert asha.type(PIN).text.startswith("This session has ended.")
    assert world.acts == []


def test_another_phone_has_a_conversation_of_its_own(phone: Dials) -> None:
    asha = phone()
    asha.dial()
    asha.type("1", "Habari")

    assert phone(number="254722000001").dial().text == HOME


# Whoever is not who they say


def test_a_session_belongs_to_its_phone(phone: Dials, world: World) -> None:
    asha = phone()
    asha.dial()
    asha.type("1", "Habari", "1")
    asha.gateway.phone = "254722000001"

    assert asha.type(PIN).text.startswith("This session has ended.")
    assert world.acts == []


def test_a_session_belongs_to_its_code_and_its_gateway(phone: Dials, world: World) -> None:
    asha = phone()
    asha.dial()
    asked = asha.gateway.type("1")
    other = Asked("POST", body=asked.body.replace("1234", "5678"))

    assert asha.show(other).text.startswith("This session has ended.")
    assert asha.web.simulate_post(
        f"/ussd/{asha.secret}/mobilesasa", body=asked.body, headers=asked.headers
    ).text.startswith("CON Type message:")


@pytest.mark.parametrize("secret", ["0", "é", "A1105E5500C0FFEEA1105E5500C0FFEE", "a1105e55,"])
@pytest.mark.parametrize("path", ["", "/events", "/session/1/start"])
def test_whoever_guesses_finds_nothing(phone: Dials, secret: str, path: str) -> None:
    asha = phone()
    for dialect in ("africastalking", "infobip"):
        answer = asha.web.simulate_post(f"/ussd/{secret}/{dialect}{path}", body="sessionId=1")

        assert (answer.status_code, answer.content) == (404, b"")


def test_an_unknown_dialect_is_not_there(phone: Dials) -> None:
    asha = phone()

    assert asha.web.simulate_post(f"/ussd/{asha.secret}/nobody").status_code == 404


def test_a_secret_can_be_changed_without_a_gap(phone: Dials, change_settings) -> None:
    asha = phone()
    change_settings("ussd", secret=f"new-secret,{asha.secret}")
    assert asha.dial().text == HOME
    asha.secret = "new-secret"

    assert asha.type("1").goes_on


def test_a_phone_may_not_ask_without_end(phone: Dials, change_settings) -> None:
    clock.freeze(clock.now())
    change_settings("ussd", hops_per_minute=5)
    asha = phone()
    asha.dial()
    asha.type("1", "0", "1", "0")

    assert asha.type("1").text.startswith("Too many tries from this phone.")
    assert phone(number="254722000001").dial().text == HOME
    clock.advance(61)
    assert phone().dial().goes_on


def production(change_settings) -> None:
    change_settings("app", environment="production")


@pytest.mark.parametrize("gateway", ALL)
def test_production_serves_its_own_codes(phone: Dials, change_settings, gateway: str) -> None:
    production(change_settings)

    assert phone(gateway).dial().text == HOME


@pytest.mark.parametrize("gateway", ["AfricasTalking", "Safaricom", "Airtel", "Hubtel", "Arkesel"])
def test_production_serves_no_other(phone: Dials, change_settings, gateway: str) -> None:
    production(change_settings)
    change_settings("ussd", service_code="*777#")

    assert phone(gateway).dial().text.startswith("This session has ended.")


def test_a_late_answer_to_a_dropped_session_is_refused(phone: Dials) -> None:
    """Airtel's first input is a dialled code; anything else answers a screen we have forgotten."""
    for gateway in ("Airtel", "Infobip", "Hubtel", "Arkesel", "Nalo"):
        asha = phone(gateway)
        assert asha.type("Habari").text.startswith("This session has ended.")

    assert UssdSession.select().count() == 0


# Names that come again


@pytest.mark.parametrize("gateway", ALL)
def test_a_name_that_comes_again_later_is_a_new_session(phone: Dials, gateway: str) -> None:
    clock.freeze(clock.now())
    asha = phone(gateway)
    asha.dial()
    seen = asha.type("3")
    while seen.goes_on:
        clock.advance(3)
        seen = asha.type("98")
    clock.advance(60)

    assert asha.dial().text == HOME
    assert asha.type("2").text.startswith("Choose a group:")


def test_a_simulator_may_keep_a_session_for_as_long_as_it_likes(phone: Dials) -> None:
    clock.freeze(clock.now())
    asha = phone()
    asha.dial()
    asha.type("1")
    clock.advance(500)

    assert asha.type("Habari").text.startswith("Send Habari?")
    clock.advance(500)
    asha.gateway.typed = ["2"]
    assert asha.type("98").text.startswith("Choose 1-30.\nChoose a group:")


# What gateways get wrong


@pytest.mark.parametrize(
    "query", ["", "SESSIONID=1", "MSISDN=0712345678", "SESSIONID=1&MSISDN=&INPUT=", "a=%ff&%=&=="]
)
def test_a_request_without_its_fields_is_answered_all_the_same(phone: Dials, query: str) -> None:
    answer = phone("TechSavanna").ask(Asked("GET", query))

    assert answer.status_code == 200
    assert answer.text == "END Sorry, we did not understand the network. Please dial again."


def test_a_bug_of_ours_is_no_error_of_http(phone: Dials, monkeypatch: pytest.MonkeyPatch) -> None:
    """A status of ours would be shown as the operator's own words."""
    monkeypatch.setattr("ussd.dialects.generic.phone", lambda *_: 1 / 0)
    answer = phone("Crossgate").ask(GATEWAYS["Crossgate"]().dial())

    assert answer.status_code == 200
    assert answer.text.startswith("END Sorry, we could not finish this. Reference ")


def test_more_fields_than_anybody_sends_are_refused(phone: Dials) -> None:
    answer = phone().ask(Asked("POST", body="&".join(f"a{at}=1" for at in range(500))))

    assert (answer.status_code, answer.text[:10]) == (200, "END Sorry,")


@pytest.mark.parametrize("session", ["x" * 5000, "a\0b", "🎉", "' OR 1=1 --", "%s{0}"])
def test_any_name_of_a_session_will_do(phone: Dials, session: str) -> None:
    asha = phone()
    asha.gateway.session = session

    assert asha.dial().text == HOME
    assert asha.type("1").goes_on


def test_an_odd_text_is_text(phone: Dials) -> None:
    asha = phone()
    asha.dial()
    asha.type("1")

    assert asha.type("a\0b 你好 🎉 " + "x" * 500).goes_on


def test_a_final_slash_is_no_redirect(phone: Dials) -> None:
    asha = phone()
    asked = asha.gateway.dial()
    answer = asha.web.simulate_post(
        f"/ussd/{asha.secret}/africastalking/", body=asked.body, headers=asked.headers
    )

    assert answer.status_code == 200
    assert answer.text.startswith("CON Salon Zuri")


def test_every_screen_fits(phone: Dials, change_settings) -> None:
    change_settings("ussd", screen_limit=100)
    asha = phone()
    shown = [asha.dial(), asha.type("2"), *(asha.type("98") for _ in range(9))]

    assert max(units(each.text) for each in shown) <= 100


def test_the_person_is_answered_in_their_language(phone: Dials, world: World) -> None:
    world.language = "sw"
    asha = phone()
    asha.dial()

    assert asha.type("2").text.endswith("98. Zaidi\n0. Rudi  00. Mwanzo")
    assert asha.type("x", "y", "z").text.startswith("Chagua 1-30.\nUmekosea mara tatu.")
    assert asha.type("1").text.startswith("Kipindi hiki kimeisha.")


# The end


@pytest.mark.parametrize("gateway", [each for each in ALL if GATEWAYS[each]().end() is not None])
def test_the_end_of_a_session_is_noted(phone: Dials, gateway: str) -> None:
    asha = phone(gateway)
    asha.dial()
    asha.type("1")
    asked = asha.gateway.end()
    assert asked is not None
    assert asha.ask(asked).status_code == 200
    session = UssdSession.get()

    assert session.is_over
    assert session.outcome
    assert phone(gateway).dial().text == OFFER


def test_africas_talking_tells_the_end_elsewhere(phone: Dials) -> None:
    asha = phone()
    asha.dial()
    asha.type("1", "Habari", "1")
    event = {
        "date": "2026-03-12 08:15:00",
        "sessionId": asha.gateway.session,
        "serviceCode": "*384*1234#",
        "phoneNumber": "+254712345678",
        "status": "Incomplete",
        "cost": "KES 0.10",
        "input": f"1*Habari*1*{PIN}",
        "lastAppResponse": "CON x",
        "errorMessage": "x",
    }
    path = f"/ussd/{asha.secret}/africastalking/events"
    answers = [asha.web.simulate_post(path, params=event) for _ in range(2)]
    answers.append(asha.web.simulate_post(path, body="sessionId=unknown&phoneNumber=0712345678"))
    answers.append(asha.web.simulate_post(path, body="x"))

    assert [each.status_code for each in answers] == [200] * 4
    assert UssdSession.get().outcome == "Incomplete"
    assert phone().dial().text == OFFER


# Our own words


OUR_WORDS = [
    *(arrivals.OVER, arrivals.BUSY, sessions.LATE, sessions.FAILED, sessions.TOO_MANY),
    *(sessions.UNREADABLE, talking.LOST, "You were not finished.", "Continue", "Start over"),
]


@pytest.mark.parametrize("sentence", OUR_WORDS)
def test_a_sentence_of_ours_fits_in_both_languages(store: str, sentence: str) -> None:
    fields = {"code": "*384*123456#", "reference": "A1B2C3"}
    said = {language: say(language, sentence, **fields) for language in ("en", "sw")}

    assert said["sw"] != said["en"]
    assert max(map(units, said.values())) <= 100
    assert "".join(said.values()).isascii()
