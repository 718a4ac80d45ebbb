"""Every sentence in the language of the person: English is the key, catalogues hold the rest."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return the translations into a language by English sentence; none for English.

    Those of a part with many stand beside the others, in `<language>.<part>.po`.
    """
    if not language.isalpha():
        return MappingProxyType({})
    found: dict[str, str] = {}
    for path in (FOLDER / f"{language}.po", *sorted(FOLDER.glob(f"{language}.*.po"))):
        if path.is_file():
            found |= _read(path, language)
    return MappingProxyType(found)


def _read(path: Path, language: str) -> dict[str, str]:
    with path.open("rb") as file:
        read = read_po(file, locale=language, abort_invalid=True)
    return {
        message.id: message.string
        for message in read
        if isinstance(message.id, str) and isinstance(message.string, str)
        if message.id and message.string and not message.fuzzy
    }


def say(language: str, sentence: str, /, **fields: object) -> str:
    """A sentence in a language, its {placeholders} filled; English when there is no translation.

    Fields go in as they are: braces in what people typed are text, never placeholders.
    """
    template = catalogue(language).get(sentence, sentence)
    return template.format_map({name: str(given) for name, given in fields.items()})
