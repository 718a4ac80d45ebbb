"""What the bot says of its own accord, it can say in both languages."""

from __future__ import annotations

import pytest

from bots import commands, sentences
from core import words

SAID = sorted(
    {
        sentence
        for name, value in vars(sentences).items()
        if name.strip("_").isupper()
        for sentence in (value if isinstance(value, tuple) else (value,))
    }
    | {meaning for _, meaning in commands.LISTED}
)


@pytest.mark.parametrize("sentence", SAID)
def test_a_sentence_has_its_swahili(sentence: str) -> None:
    assert words.catalogue("sw").get(sentence), sentence


def test_commands_are_such_as_telegram_takes() -> None:
    names = [name for name, _ in commands.LISTED]

    assert len(set(names)) == len(names)
    assert all(name.isascii() and name.islower() and len(name) <= 32 for name in names)


def test_invoices_are_no_door_yet() -> None:
    assert "invoices" not in [name for name, _ in commands.LISTED]


def test_topup_is_listed_only_where_it_can_be_done(change_settings) -> None:
    assert "topup" in [each.command for each in commands.listed("en")]
    change_settings("telegram", topup_in_chat=False)
    assert "topup" not in [each.command for each in commands.listed("sw")]


def test_the_texts_telegram_obliges_us_to_have_are_whole() -> None:
    def say(sentence: str, /, **fields: object) -> str:
        return words.say("sw", sentence, **fields)

    assert "Sheria ya Kenya" in sentences.privacy(say)
    assert "/paysupport" in sentences.paysupport(say, can_ask=True)
    assert "/paysupport" not in sentences.paysupport(say, can_ask=False)
