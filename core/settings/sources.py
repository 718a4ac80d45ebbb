"""Where settings are read from: two TOML files, a .env file and the environment."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

import msgspec

from core.settings.checks import CHECKS, SIGNED
from core.settings.sections import (
    FILE,
    PREFIX,
    SECTIONS,
    TYPES,
    Dialect,
    Key,
    Settings,
    SettingsError,
    dotted,
    variable,
)

_CHOICES = tuple(kind for kind in TYPES.values() if getattr(kind, "__origin__", None) is Literal)


def read_toml(path: Path, *, needed: bool = False) -> dict[str, Any]:
    if not path.is_file():
        if needed:
            raise SettingsError(f"{path} is not there: copy {FILE} of the release to it.")
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.") from error
    for section, keys in table.items():
        if section not in SECTIONS:
            raise SettingsError(f"{section} is no section of the settings: remove it from {path}.")
        if not isinstance(keys, dict):
            raise SettingsError(f"{section} must be a section: write [{section}] in {path}.")
        for key in keys:
            if (section, key) not in TYPES:
                raise SettingsError(f"{section}.{key} is no setting: remove it from {path}.")
    return table


def read_dotenv(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    if not path.is_file():
        return found
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip().removeprefix("export ").strip()
        if not text or text.startswith("#"):
            continue
        name, equals, raw = text.partition("=")
        if not equals:
            raise SettingsError(f"Line {number} of {path} is no NAME=value: correct or remove it.")
        raw = raw.strip()
        if len(raw) >= 2 and raw[0] == raw[-1] and raw[0] in "\"'":
            raw = raw[1:-1]
        found[name.strip()] = raw
    return found


def from_environment(env: Mapping[str, str]) -> dict[str, Any]:
    by_variable = {variable(key): key for key in TYPES}
    table: dict[str, Any] = {}
    for name, raw in env.items():
        if not name.startswith(PREFIX):
            continue
        if key := by_variable.get(name):
            table.setdefault(key[0], {})[key[1]] = _parse(key, raw)
        elif "__" in name or name.startswith(tuple(f"{PREFIX}{s.upper()}_" for s in SECTIONS)):
            # A misspelt override would otherwise leave the old value in force without a word.
            raise SettingsError(
                f"{name} is no setting: remove it, or spell it {PREFIX}<SECTION>__<KEY>."
            )
    return table


def _parse(key: Key, raw: str) -> Any:
    kind = TYPES[key]
    if kind is str or kind in _CHOICES:
        return raw
    if kind is bool:
        if raw not in {"true", "false"}:
            raise SettingsError(f"{dotted(key)} must be true or false: correct {variable(key)}.")
        return raw == "true"
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise SettingsError(
            f"{dotted(key)} must be {_in_words(kind)}: correct {variable(key)}."
        ) from error


def anchored(table: dict[str, Any], root: Path) -> dict[str, Any]:
    """Files name paths from their own folder, wherever the command was started."""
    url = table.get("database", {}).get("url")
    if isinstance(url, str) and url.startswith("sqlite:///") and url != "sqlite:///:memory:":
        table["database"]["url"] = f"sqlite:///{root / url.removeprefix('sqlite:///')}"
    certificate = table.get("mpesa", {}).get("certificate")
    if isinstance(certificate, str) and certificate and not certificate.startswith("-----BEGIN"):
        table["mpesa"]["certificate"] = str(root / certificate)
    return table


def merge(into: dict[str, Any], other: Mapping[str, Any]) -> None:
    """Lay one table over another; inner tables are laid over too, so one entry can be changed."""
    for name, given in other.items():
        if isinstance(given, dict) and isinstance(into.get(name), dict):
            merge(into[name], given)
        else:
            into[name] = given


def _in_words(kind: Any) -> str:
    if kind in _CHOICES:
        return "one of " + ", ".join(f'"{choice}"' for choice in kind.__args__)
    simple = {
        str: "text in quotes",
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        tuple[str, ...]: 'a list like ["a", "b"]',
        tuple[int, ...]: "a list of whole numbers like [1, 2]",
        Mapping[str, str]: 'a table of texts like {"high": "0.6000"}',
        Mapping[str, int]: 'a table of whole numbers like {"standard": 600}',
        Mapping[str, Dialect]: "a table of dialects, each with session, phone, code and input",
    }
    return simple.get(kind, "a table")


def build(table: dict[str, Any], root: Path, path: Path) -> Settings:
    sections: dict[str, Any] = {}
    for section, kind in SECTIONS.items():
        given = table.get(section, {})
        made: dict[str, Any] = {}
        for field in fields(kind):
            key = (section, field.name.removesuffix("_"))
            if key[1] not in given:
                raise SettingsError(
                    f"{dotted(key)} is missing: add it to {path} or set {variable(key)}."
                )
            made[field.name] = _checked(key, given[key[1]])
        sections[section] = kind(**made)
    return Settings(root=root, **sections)


def _checked(key: Key, given: Any) -> Any:
    kind = TYPES[key]
    try:
        made = msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise SettingsError(
            f"{dotted(key)} must be {_in_words(kind)}: correct it in {FILE} or {variable(key)}."
        ) from error
    said = CHECKS[key](made) if key in CHECKS else None
    if not said and isinstance(made, int) and made < 0 and key not in SIGNED:
        said = "must not be below 0"
    if said:
        raise SettingsError(f"{dotted(key)} {said}: correct it in {FILE} or {variable(key)}.")
    if key[1] in {"public_url", "base_url"} and isinstance(made, str):
        return made.rstrip("/")
    return made
