"""Switches for everything the outside world does wrong, and for how it is set up."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.numbers import msisdn

Setting = bool | float | int | str | dict[str, Any]


class Unknown(Exception):
    """A name that is no switch."""


class Wrong(Exception):
    """A switch was given something it cannot take."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One thing that can be set.

    A `fault` is off, on, a probability, or {"next": n} for the next n occasions; the last two may
    name a "phone" to be about that number only. The other kinds are plain values.
    """

    name: str
    sentence: str
    default: Setting = False
    kind: str = "fault"
    choices: tuple[str, ...] = ()


def fault(name: str, sentence: str) -> Switch:
    """Something that goes wrong: off unless asked for."""
    return Switch(name, sentence)


def flag(name: str, default: bool, sentence: str) -> Switch:
    """A way the provider is set up: on or off."""
    return Switch(name, sentence, default, "flag")


def number(name: str, default: float, sentence: str) -> Switch:
    """An amount, mostly of seconds."""
    return Switch(name, sentence, default, "number")


def choice(name: str, choices: tuple[str, ...], sentence: str) -> Switch:
    """One of several words; the first is the default."""
    return Switch(name, sentence, choices[0], "choice", choices)


@dataclass(slots=True)
class _Rule:
    """When a fault that is not simply off strikes."""

    chance: float = 1.0
    left: int | None = None
    phone: str | None = None


class Faults:
    """The present position of all switches; safe to use from any thread.

    Chance is drawn from one stream a fault, begun from the seed, so that a fault strikes the same
    occasions again however often the others were asked about.
    """

    def __init__(self, groups: Mapping[str, Iterable[Switch]], aliases: Mapping[str, str]) -> None:
        self.switches = {
            group: {switch.name: switch for switch in switches}
            for group, switches in groups.items()
        }
        self._aliases = dict(aliases)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Everything back to how a healthy provider behaves."""
        with self._lock:
            self._values: dict[str, Setting] = {
                f"{group}.{name}": switch.default
                for group, switches in self.switches.items()
                for name, switch in switches.items()
            }
            self._rules: dict[str, _Rule] = {}
            self._hits: dict[str, int] = {}
            self._sow(None)

    def _sow(self, seed: int | None) -> None:
        self._seed = seed
        self._streams: dict[str, random.Random] = {}

    def chance(self, name: str) -> random.Random:
        """The stream of chance of one fault."""
        stream = self._streams.get(name)
        if stream is None:
            grain = None if self._seed is None else f"{self._seed}:{name}"
            stream = self._streams.setdefault(name, random.Random(grain))
        return stream

    def hit(self, name: str, *phones: str) -> bool:
        """Whether a fault strikes now; asking uses up one occasion of a counted one."""
        if name not in self._rules:
            return False
        with self._lock:
            rule = self._rules.get(name)
            if rule is None or (rule.phone is not None and rule.phone not in phones):
                return False
            if rule.chance < 1 and self.chance(name).random() >= rule.chance:
                return False
            if rule.left is not None:
                rule.left -= 1
                if rule.left == 0:
                    del self._rules[name]
                    self._values[name] = False
                else:
                    self._values[name] = {**self._as_dict(name), "next": rule.left}
            self._hits[name] = self._hits.get(name, 0) + 1
            return True

    def _as_dict(self, name: str) -> dict[str, Any]:
        value = self._values[name]
        assert isinstance(value, dict)
        return value

    def flag(self, name: str) -> bool:
        """How a provider is set up."""
        return bool(self._values[name])

    def number(self, name: str) -> float:
        """An amount as set."""
        value = self._values[name]
        assert isinstance(value, int | float)
        return value

    def choice(self, name: str) -> str:
        """A word as set."""
        return str(self._values[name])

    def set(self, wanted: Mapping[str, Any]) -> None:
        """Merge new positions into the present ones, all or none of them.

        Raises: Unknown, Wrong.
        """
        changes: dict[str, Setting] = {}
        seed = wanted.get("seed")
        if seed is not None and not _is_whole(seed):
            raise Wrong("seed is a whole number.")
        for given, switches in wanted.items():
            if given in ("seed", "reset"):
                continue
            group = self._aliases.get(given, given)
            if group not in self.switches or not isinstance(switches, dict):
                raise Unknown(given)
            for name, value in switches.items():
                switch = self.switches[group].get(name)
                if switch is None:
                    raise Unknown(f"{given}.{name}")
                changes[f"{group}.{name}"] = _checked(switch, value)
        if wanted.get("reset"):
            self.reset()
        with self._lock:
            if seed is not None:
                self._sow(seed)
            for full, value in changes.items():
                self._values[full] = value
                group, _, name = full.partition(".")
                if self.switches[group][name].kind == "fault":
                    self._set_rule(full, value)

    def _set_rule(self, name: str, value: Setting) -> None:
        if isinstance(value, dict):
            phone = msisdn(value.get("phone", "")) or None
            self._rules[name] = _Rule(value.get("p", 1.0), value.get("next"), phone)
        elif value:
            assert isinstance(value, int | float)
            self._rules[name] = _Rule(float(value))
        else:
            self._rules.pop(name, None)

    def table(self) -> dict[str, Any]:
        """Every switch with its position, what it does and how often it struck."""
        with self._lock:
            return {"seed": self._seed} | {
                group: {
                    name: {
                        "value": self._values[f"{group}.{name}"],
                        "default": switch.default,
                        "kind": switch.kind,
                        "sentence": switch.sentence,
                        "hits": self._hits.get(f"{group}.{name}", 0),
                    }
                    | ({"choices": switch.choices} if switch.choices else {})
                    for name, switch in switches.items()
                }
                for group, switches in self.switches.items()
            }

    def changed(self) -> dict[str, dict[str, Setting]]:
        """Only what is not at its default."""
        with self._lock:
            return {
                group: {
                    name: self._values[f"{group}.{name}"]
                    for name, switch in switches.items()
                    if self._values[f"{group}.{name}"] != switch.default
                }
                for group, switches in self.switches.items()
            }

    def known(self) -> dict[str, list[str]]:
        """The names there are."""
        return {group: sorted(switches) for group, switches in self.switches.items()}


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _checked(switch: Switch, value: Any) -> Setting:
    if switch.kind == "fault":
        return _checked_fault(switch.name, value)
    if switch.kind == "flag" and isinstance(value, bool):
        return value
    if (
        switch.kind == "number"
        and isinstance(value, int | float)
        and not isinstance(value, bool)
        and value >= 0
    ):
        return value
    if switch.kind == "choice":
        value = {False: "off"}.get(value, value) if isinstance(value, bool) else value
        if value in switch.choices:
            return str(value)
        raise Wrong(f"{switch.name} is one of: {', '.join(switch.choices)}.")
    wants = "true or false" if switch.kind == "flag" else "a number from 0"
    raise Wrong(f"{switch.name} is {wants}.")


def _checked_fault(name: str, value: Any) -> Setting:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and 0 <= value <= 1:
        return value or False
    if isinstance(value, dict) and set(value) <= {"next", "p", "phone"} and value:
        left, p, phone = value.get("next"), value.get("p", 1.0), value.get("phone", "")
        whole = left is None or (_is_whole(left) and left >= 0)
        likely = isinstance(p, int | float) and 0 <= p <= 1
        if whole and likely and isinstance(phone, str):
            return value if left != 0 else False
    raise Wrong(
        f'{name} is true, false, a probability from 0 to 1, or like {{"next": 3}}, '
        f'which may also name a "phone" and a probability "p".'
    )
