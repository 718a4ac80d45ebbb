"""Every refusal: its code, its sentence, its Swahili, and that each place raising it can say it."""

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path
from string import Formatter

import pytest

import core
from core import words
from core.errors import Conflict, Invalid, NotFound, Refused, TooMany

ROOT = Path(core.__file__).parents[1]
SCREEN = 156
DOORS = ["core", "api", "bots", "ussd"]


def every_refusal() -> dict[str, type[Refused]]:
    for door in map(importlib.import_module, DOORS):
        for module in pkgutil.walk_packages(door.__path__, f"{door.__name__}."):
            if not module.name.endswith("__main__") and ".migrations." not in module.name:
                importlib.import_module(module.name)
    return {
        code: kind
        for code, kind in Refused.catalogue().items()
        if not kind.__module__.startswith("tests")
    }


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.fixture(scope="module")
def refusals() -> dict[str, type[Refused]]:
    return every_refusal()


def test_every_refusal_has_a_code_fit_for_an_address(refusals):
    assert [code for code in refusals if not code.replace("_", "").isalnum()] == []
    assert [code for code in refusals if code != code.lower() or len(code) > 40] == []


def test_no_two_refusals_share_a_code(refusals):
    """The catalogue itself refuses that, so what counts is that it holds them all."""
    own = {kind for kind in refusals.values() if "code" in vars(kind)}

    assert len(own) == len(refusals) > 8


def test_every_refusal_says_what_it_is_and_what_to_do(refusals):
    for code, kind in refusals.items():
        assert kind.title, code
        assert not kind.title.endswith("."), code
        assert kind.sentence.endswith((".", "?", "...")), code
        assert inspect.getdoc(kind) != inspect.getdoc(kind.__mro__[1]), code


@pytest.mark.parametrize("part", ["title", "sentence"])
def test_every_refusal_can_be_said_in_swahili(refusals, part):
    """Those that share a code with another, and say it otherwise, included."""
    waiting, untold = list(refusals.values()), []
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        said = getattr(kind, part)
        if said not in words.catalogue("sw") and not kind.__module__.startswith("tests"):
            untold.append(said)

    assert untold == []


def test_every_refusal_fits_a_screen_in_both_languages(refusals):
    """With fields as long as an amount or a number: longer ones are cut by who gives them."""
    for code, kind in refusals.items():
        fields = dict.fromkeys(kind.placeholders(), "254712345678")
        for language in ("en", "sw"):
            said = words.say(language, kind.sentence, **fields)
            assert len(said) <= SCREEN, (code, language)
            assert said.isascii(), (code, language)


def test_a_translation_has_the_placeholders_of_its_sentence():
    wrong = [
        english
        for english, swahili in words.catalogue("sw").items()
        if placeholders(english) != placeholders(swahili)
    ]

    assert wrong == []


def test_every_place_that_refuses_gives_the_fields_its_sentence_needs(refusals):
    """Found by reading the source: a missing field would turn a refusal into a crash."""
    needs = {kind.__name__: kind.placeholders() for kind in refusals.values()}
    wrong = []
    for path in (path for door in DOORS for path in (ROOT / door).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                call = node.exc
                name = getattr(call.func, "id", getattr(call.func, "attr", ""))
                given = {keyword.arg for keyword in call.keywords}
                if name in needs and None not in given and needs[name] - given:
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {needs[name] - given}")

    assert wrong == []


def test_a_refusal_speaks_the_language_of_the_person():
    from core.money import InvalidAmount  # a door's own words come from beside its act

    refusal = InvalidAmount(given="ten")

    assert refusal.words() == str(refusal)
    assert refusal.words().startswith("ten is not an amount.")
    assert refusal.words("sw").startswith("ten si kiasi cha pesa.")
    assert refusal.heading("sw") == "Si kiasi cha pesa"


def test_a_refusal_names_the_field_it_is_about():
    assert Invalid(field="to").field == "to"
    assert Invalid().field is None


def test_a_refusal_without_its_fields_is_a_bug():
    class Lost(NotFound):
        sentence = "There is no {thing}."

    with pytest.raises(TypeError, match="Lost needs thing"):
        Lost()


def test_a_subclass_without_a_code_is_the_same_refusal_to_the_world():
    class StillRunning(Conflict):
        """A closer name for the same thing."""

    assert StillRunning.code == "conflict"
    assert Refused.catalogue()["conflict"] is Conflict


def test_too_many_says_when_to_come_back():
    assert TooMany(retry_after=0.2).retry_after == 1
    assert TooMany().retry_after is None
