"""The sentences that gateways have for people."""

from __future__ import annotations

import pytest

from core.gateways import daraja_answers, onfon_words
from core.gateways.daraja import RESULTS, result
from core.words import catalogue

SENTENCES = sorted(
    {row.words for row in (*RESULTS.values(), result("?"))}
    | set(daraja_answers._WORDS.values())
    | {value for name, value in vars(onfon_words).items() if name.isupper() and name[0] != "_"}
)


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence[:40])
def test_a_sentence_fits_a_ussd_screen_in_both_languages(sentence: str) -> None:
    swahili = catalogue("sw")[sentence]

    assert max(len(sentence), len(swahili)) <= 156
    assert (sentence + swahili).isascii()
