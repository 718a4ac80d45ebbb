"""Delivery reports and inbound texts, in every spelling that integrators expect."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.gateways.onfon import Inbound, Report, Verdict, read_inbound, read_report, verdict

ASHA = "254700000001"
DONE = datetime(2026, 1, 5, 6, 31, tzinfo=UTC)


def test_a_report_of_the_documented_kind_is_read() -> None:
    said = {
        "messageId": "0b6c-c01",
        "mobile": ASHA,
        "status": "DELIVRD",
        "errorCode": "000",
        "submitDate": "2026-01-05 09:30",
        "doneDate": "2026-01-05 09:31",
        "shortMessage": "'Habari'",
    }

    assert read_report(said) == Report(
        "0b6c-c01", ASHA, "DELIVRD", Verdict.DELIVERED, "000", "Habari", DONE
    )


@pytest.mark.parametrize("number", ["MobileNumber", "Number", "mobile_number"])
@pytest.mark.parametrize("when", ["DeliveryTime", "Timestamp", "done_date"])
def test_a_report_in_another_spelling_is_the_same(number: str, when: str) -> None:
    said = {
        "MessageId": "0b6c-c01",
        number: 254700000001,
        "Status": "AbsentSubscriber",
        "StatusDescription": "Phone off",
        "ErrorCode": 27,
        when: "2026-01-05 09:31",
        "NetworkCode": "63902",
        "token": "whatever the registered address carried",
    }

    assert read_report(said) == Report(
        "0b6c-c01", ASHA, "AbsentSubscriber", Verdict.UNDELIVERED, "27", "Phone off", DONE
    )


@pytest.mark.parametrize("number", ["0700000001", "700000001", " 254700000001", ASHA])
def test_the_number_of_a_report_is_an_msisdn(number: str) -> None:
    report = read_report({"mobile": number, "status": "DELIVRD"})

    assert report is not None
    assert (report.provider_id, report.msisdn) == (None, ASHA)


@pytest.mark.parametrize(
    "said", [{}, {"status": "DELIVRD"}, {"messageId": "", "mobile": "2547***001"}]
)
def test_a_report_that_names_no_message_is_none(said: dict[str, object]) -> None:
    assert read_report(said) is None


def test_half_a_report_is_kept_and_changes_nothing() -> None:
    report = read_report({"messageId": "x", "shortMessage": "''", "doneDate": "yesterday"})

    assert report == Report("x", None, "", Verdict.UNKNOWN)


def test_an_id_too_long_for_any_id_is_none() -> None:
    report = read_report({"messageId": "x" * 129, "mobile": ASHA})

    assert report is not None
    assert report.provider_id is None


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("DELIVRD DELIVERED SUCCESS DeliveredToTerminal DelivredToTerminal", "delivered"),
        ("UNDELIV UNDELIVRD UNDELIVERED AbsentSubscriber DeliveryImpossible", "undelivered"),
        ("CallBarred UserAbnormalState UserIsSuspended", "undelivered"),
        ("EXPIRED DELETED", "expired"),
        ("FAILED REJECTD REJECTED UnknownSubscriber InvalidMsisdn SystemFailure", "failed"),
        ("ServiceNotProvisioned", "failed"),
        ("SenderName_Blacklisted UserInBlacklist MsisdnBlacklisted", "blacklisted"),
        ("ACCEPTD ACCEPTED SUBMITTED ENROUTE BUFFERED PENDING QUEUED SENT", "pending"),
        ("DeliveredToNetwork DeliveryUncertain MessageWaiting UnknownError", "pending"),
        ("DeliveryNotificationNotSupported", "pending"),
        ("0 1 2 3 4 5 READ Imefika", "unknown"),
    ],
)
def test_every_status_word_that_was_ever_seen_has_a_meaning(words: str, meaning: str) -> None:
    for word in words.split():
        assert verdict(word) == verdict(word.lower()) == meaning, word


@pytest.mark.parametrize(
    "word", ["SenderName Blacklisted", "sender-name_BLACKLISTED", " senderName\tblacklisted"]
)
def test_case_spaces_dashes_and_underscores_make_no_other_word(word: str) -> None:
    assert verdict(word) is Verdict.BLACKLISTED


@pytest.mark.parametrize(
    "said",
    [
        {
            "From": "254700000001",
            "To": "22141",
            "Message": "STOP",
            "MessageId": "m1",
            "ReceivedTime": "2026-01-05 09:31",
        },
        {
            "from": ["254700000001"],
            "to": "22141",
            "message": " STOP ",
            "message_id": "m1",
            "received_time": "2026-01-05T06:31:00Z",
        },
    ],
)
def test_an_inbound_text_is_read_in_either_spelling(said: dict[str, object]) -> None:
    assert read_inbound(said) == Inbound(ASHA, "22141", "STOP", "m1", DONE)


@pytest.mark.parametrize(
    "said", [{}, {"From": ASHA}, {"Message": "STOP"}, {"From": "", "Message": "x"}]
)
def test_an_inbound_text_from_nobody_or_without_words_is_none(said: dict[str, object]) -> None:
    assert read_inbound(said) is None


VALUES = st.none() | st.text() | st.integers() | st.lists(st.text()) | st.booleans()
NAMES = st.sampled_from(["messageId", "mobile", "status", "doneDate", "From", "Message"])


@settings(deadline=None)
@given(st.dictionaries(NAMES, VALUES))
def test_nothing_that_arrives_makes_reading_raise(said: dict[str, object]) -> None:
    read_report(said)
    read_inbound(said)
