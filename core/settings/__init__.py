"""Every setting, typed and checked once, before anything starts.

`settings.toml` holds them all; `secrets.toml`, `.env` and the environment override it, in that
order. A wrong setting is refused with one line that names it and says what to do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.settings.production import SANDBOX_SECRETS, refuse_make_believe, value
from core.settings.sections import (
    FILE,
    SECTIONS,
    TYPES,
    App,
    Cards,
    Database,
    Dialect,
    Email,
    Key,
    Limits,
    Mpesa,
    Onfon,
    Pricing,
    Queue,
    Rules,
    Settings,
    SettingsError,
    Telegram,
    Ussd,
    Webhooks,
    Whatsapp,
    dotted,
    variable,
)
from core.settings.sources import anchored, build, from_environment, merge, read_dotenv, read_toml

__all__ = [
    "settings",
    "load",
    "use",
    "find",
    "value",
    "dotted",
    "variable",
    "Settings",
    "SettingsError",
    "App",
    "Database",
    "Queue",
    "Onfon",
    "Mpesa",
    "Telegram",
    "Ussd",
    "Dialect",
    "Whatsapp",
    "Cards",
    "Email",
    "Pricing",
    "Webhooks",
    "Rules",
    "Limits",
    "Key",
    "FILE",
    "SECTIONS",
    "TYPES",
    "SANDBOX_SECRETS",
]


def find() -> Path:
    """The settings file of this installation: the working folder's, else the repository's."""
    if named := os.environ.get("TUMA_SETTINGS"):
        return Path(named)
    here = Path.cwd() / FILE
    return here if here.exists() else Path(__file__).resolve().parents[2] / FILE


def load(path: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """Read and check all settings.

    The files beside `path` are read too; `env` stands for the process's environment.

    Raises: SettingsError, with one line naming the setting and what to do.
    """
    path = path or find()
    root = path.resolve().parent
    table: dict[str, Any] = {}
    merge(table, anchored(read_toml(path, needed=True), root))
    merge(table, anchored(read_toml(root / "secrets.toml"), root))
    merge(table, anchored(from_environment(read_dotenv(root / ".env")), root))
    merge(table, from_environment(os.environ if env is None else env))
    made = build(table, root, path)
    if made.app.is_production:
        refuse_make_believe(made)
    return made


_settings: Settings | None = None


def settings() -> Settings:
    """The settings of this process, read once."""
    global _settings
    if _settings is None:
        _settings = load()
    return _settings


def use(given: Settings | None) -> None:
    """Go on with other settings, or with None read them again when next asked. For tests."""
    global _settings
    _settings = given
