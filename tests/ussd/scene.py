"""A small conversation behind the real door, and a phone that dials it through any gateway."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import falcon
import falcon.testing

from core import words
from core.dialogue.engine import Engine
from core.dialogue.steps import Ask, Choose, Confirm, Flow, Once, Pin
from core.errors import Invalid
from core.settings import settings
from tests.ussd.gateways import Asked, Gateway, Seen
from ussd.app import Door, routes

PHONE = "254712345678"
PIN = "Zq7pinXk27"  # no digits of it come up by chance in a time or a digest
GROUPS = {f"g{at}": f"Wateja wa mtaa namba {at}" for at in range(1, 31)}


@dataclass
class World:
    """What the conversation did, and how it behaves."""

    acts: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    visits: int = 0
    language: str = "en"
    name: str = "Salon Zuri"
    slow_s: float = 0.0
    breaks: int = 0
    breaks_on_pin: bool = False
    gate: threading.Event | None = None

    def act(self, once: str) -> str:
        """Spend money: with the same `once` only the first time."""
        if self.gate is not None:
            assert self.gate.wait(100)
        time.sleep(self.slow_s)
        self.acts.append(once)
        return once[-6:]


@dataclass
class Visitor:
    """Whoever has dialled."""

    channel: str
    address: str
    language: str
    world: World

    def say(self, sentence: str, /, **fields: object) -> str:
        return words.say(self.language, sentence, **fields)


class WrongPin(Invalid):
    code = "ussd_test_wrong_pin"
    title = "Wrong PIN"
    sentence = "Wrong PIN."


def menu(visit: Visitor) -> Flow:
    world = visit.world
    options = {
        "send": "Send SMS",
        "groups": "Groups",
        "terms": "Terms",
        "break": "Break",
        "access": "Access",
        "now": "Pay now",
    }
    choice = yield from Choose("menu", world.name, options, is_home=True)
    if choice == "send":
        return (yield from send(visit))
    if choice == "groups":
        group = yield from Choose("group", "Choose a group:", GROUPS)
        return f"Group {group}"
    if choice == "terms":
        return " ".join(f"sharti{at}" for at in range(45))
    if choice == "access":
        return (yield from access(visit))
    if choice == "now":
        return "Paid " + (yield from Once("now", world.act))
    if world.breaks:
        world.breaks -= 1
        raise RuntimeError("broken")
    return "Not broken."


def send(visit: Visitor) -> Flow:
    text = yield from Ask("text", "Type message:", str)
    sure = yield from Confirm("sure", f"Send {text}?", visit)
    if sure == "no":
        return "Nothing was sent."
    yield from Pin("pin", "Enter PIN to send:", _check)
    number = yield from Once("send", visit.world.act)
    visit.world.texts.append(text)
    return f"Queued. Ref {number}."


def access(visit: Visitor) -> Flow:
    """A PIN in the middle: what is behind it is for whoever typed it."""
    yield from Pin("pin", "Enter PIN:", _break if visit.world.breaks_on_pin else _check)
    name = yield from Ask("name", "New name?", str)
    return f"Now {name}."


def _check(pin: str) -> str:
    if pin != PIN:
        raise WrongPin
    return "ok"


def _break(pin: str) -> str:
    raise RuntimeError(f"cannot check {pin}")


class Phone:
    """A phone at a gateway: dials, types, and reads its screen."""

    def __init__(self, web: falcon.testing.TestClient, gateway: Gateway) -> None:
        self.web, self.gateway = web, gateway
        self.secret = settings().ussd.secret.split(",")[0]

    def ask(self, asked: Asked) -> falcon.testing.Result:
        return self.web.simulate_request(
            asked.method,
            f"/ussd/{self.secret}/{self.gateway.name}{asked.path}",
            query_string=asked.query,
            body=asked.body.encode(),
            headers=asked.headers,
        )

    def show(self, asked: Asked) -> Seen:
        answer = self.ask(asked)
        assert answer.status_code == 200
        assert int(answer.headers["content-length"]) == len(answer.content)
        return self.gateway.read(answer.headers, answer.content)

    def dial(self, ahead: str = "") -> Seen:
        return self.show(self.gateway.dial(ahead))

    def type(self, *texts: str) -> Seen:
        for text in texts:
            seen = self.show(self.gateway.type(text))
        return seen


def make_web(world: World) -> falcon.testing.TestClient:
    def open_(msisdn: str) -> Visitor:
        world.visits += 1
        return Visitor("ussd", msisdn, world.language, world)

    app: falcon.App = falcon.App()
    app.req_options.strip_url_path_trailing_slash = True
    for path, resource in routes(Door(Engine({"menu": menu}), open_)):
        app.add_route(path, resource)
    return falcon.testing.TestClient(app)


Dials = Callable[..., Phone]
