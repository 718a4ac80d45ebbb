"""Walking through the scenes, and printing what is seen on the way."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from core import settings as settings_module
from core import words
from core.campaigns import approving
from core.campaigns.models import Campaign
from core.dialogue.plain import large, small, units
from core.dialogue.screens import Asks, Reply, Screen
from core.flows import Visit, conversation, open_visit
from core.messaging.models import Message
from core.screens import world
from core.screens.scenes import BOTH, RARE, SCENES, Scene
from core.settings import settings
from core.tenants import people


@dataclass(frozen=True, slots=True)
class Seen:
    """A screen somebody came to, and what they had answered to come there."""

    scene: Scene
    channel: str
    language: str
    answer: str
    screen: Screen
    visit: Visit


def tour(channel: str, language: str) -> Iterator[Seen]:
    """Walk through every scene of a channel, on an empty database."""
    with world.throw_away():
        world.fill(channel, language)
        for scene in SCENES:
            if channel in scene.channels:
                yield from _play(scene, channel, language)
        if channel == "telegram":
            with _without_payments_in_chat():
                scene = Scene("Topping up where the chat may not ask", world.OWNER, "topup")
                yield from _play(scene, channel, language)


def _play(scene: Scene, channel: str, language: str) -> Iterator[Seen]:
    def visit() -> Visit:
        msisdn = None if channel == "telegram" else scene.who
        return open_visit(channel, scene.who, msisdn=msisdn, language_hint=language)

    present = visit()
    given = {"about": world.about(scene.about)} if scene.about else {}
    if scene.flow == "approve" and not scene.is_old:
        given["seen"] = approving.mark(Campaign.get_by_id(given["about"]))
    screen = conversation.start(present, scene.flow, **given)
    yield Seen(scene, channel, language, "", screen, present)
    for answer in scene.answers:
        present = visit()
        assert not screen.ends, (scene.title, channel, answer, screen.text)
        if screen.asks is Asks.CONTACT and answer != "contact":
            screen = conversation.turn(present, Reply.contact(scene.who))
            yield Seen(scene, channel, language, "contact", screen, present)
            present = visit()
        screen = conversation.turn(present, _reply(scene, screen, answer, language))
        yield Seen(scene, channel, language, answer, screen, present)


def _reply(scene: Scene, screen: Screen, answer: str, language: str) -> Reply:
    keys = [option.key for option in screen.options]
    if answer == "<":
        return Reply.back()
    if answer == "contact":
        return Reply.contact(scene.who)
    if answer in world.FILES:
        return Reply.file(answer, answer, len(world.FILES[answer]))
    if answer == "same":  # the language everybody speaks already
        return Reply.pressed(screen.step, language)
    if answer == "code" and screen.asks is Asks.PIN:
        return Reply.typed(_texted_code(scene.who))
    if answer.startswith("~"):
        return Reply.pressed(screen.step, world.about(answer[1:]))
    if answer.startswith("="):
        person = people.by_phone(answer[1:])
        return Reply.pressed(screen.step, person.id if person else "")
    for key in keys:
        if key == answer or (answer == "yes" and _YES(key)):
            return Reply.pressed(screen.step, key)
    return Reply.typed(answer)


_YES = re.compile(r"yes[0-9a-f]{10}").fullmatch


def _texted_code(msisdn: str) -> str:
    """Read the code in the latest text to a phone."""
    latest = Message.select().where(Message.msisdn == msisdn).order_by(Message.id.desc()).first()
    found = re.search(r"\b[0-9]{6}\b", latest.body)
    return found[0] if found else ""


@contextmanager
def _without_payments_in_chat() -> Iterator[None]:
    before = settings()
    chat = replace(before.telegram, topup_in_chat=False)
    settings_module.use(replace(before, telegram=chat))
    try:
        yield
    finally:
        settings_module.use(before)


def main(channel: str | None = None, language: str | None = None) -> int:
    """Print every screen, each with its length where that counts."""
    offered = settings().app.languages
    if language is not None and language not in offered:
        print(f"Choose a language from: {', '.join(offered)}.", file=sys.stderr)
        return 1
    for door in (channel,) if channel else BOTH:
        for spoken in (language,) if language else offered:
            title = f"{door}, {spoken}"
            print(f"{title}\n{'=' * len(title)}\n")
            for seen in tour(door, spoken):
                _print(seen)
    for spoken in (language,) if language else offered:
        print(f"{spoken}: said in rare moments\n")
        for sentence in RARE:
            print(words.catalogue(spoken).get(sentence, sentence))
        print()
    return 0


def _print(seen: Seen) -> None:
    if not seen.answer:
        print(f"## {seen.scene.title} ({seen.scene.flow})\n")
    else:
        print(f"> {seen.answer}\n")
    if seen.channel == "telegram":
        print(large(seen.screen, seen.visit))
    else:
        drawn = small(seen.screen, seen.visit)
        ends = "END, " if seen.screen.ends else ""
        print(f"{drawn}\n    ({ends}{units(drawn)} units)")
    print()
