"""The message catalogues: English in, the person's language out."""

from collections import Counter

from core import words


def test_a_sentence_is_said_in_the_language_asked_for():
    assert words.say("sw", "Not found") == "Haipatikani"


def test_english_needs_no_catalogue():
    assert words.say("en", "Not found") == "Not found"
    assert words.catalogue("en") == {}


def test_a_sentence_without_translation_stays_english():
    assert words.say("sw", "Nobody wrote {this}.", this="it") == "Nobody wrote it."


def test_an_unknown_language_is_answered_in_english():
    assert words.say("../../etc/passwd", "Not found") == "Not found"


def test_braces_that_people_typed_stay_text():
    assert words.say("en", "Hello {name}", name="{0} {x.__class__}") == "Hello {0} {x.__class__}"


def test_a_field_may_have_any_name():
    assert words.say("en", "{sentence} {language}", sentence="a", language="b") == "a b"


def test_a_sentence_stands_in_one_place_only():
    """Of two translations nobody knew which one is said."""
    lines = [
        line
        for path in words.FOLDER.glob("sw*.po")
        for line in path.read_text("utf-8").splitlines()
        if line.startswith("msgid ") and line != 'msgid ""'
    ]

    assert [line for line, count in Counter(lines).items() if count > 1] == []
