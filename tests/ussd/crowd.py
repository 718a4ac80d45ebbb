"""What the processes of these tests do; found by name."""

from __future__ import annotations

import time

from tests.storage.crowd import note
from tests.ussd import scene
from tests.ussd.gateways import Gateway
from ussd import arrivals, deadline


class Tracing(scene.World):
    """A world whose acts leave a trace that every process sees."""

    def act(self, once: str) -> str:
        time.sleep(0.1)
        note(f"ussd-{time.monotonic_ns()}")
        return once[-6:]


def send(number: int, gateway: Gateway, typed: str) -> str:
    """Send the same hop as all the others, and read the screen."""
    deadline.ANSWER_S = arrivals.WAIT_S = 60
    phone = scene.Phone(scene.make_web(Tracing()), gateway)
    shown = phone.type(typed).text
    deadline.rest()
    return shown
