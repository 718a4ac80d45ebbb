"""Saying something in the ops chat, through the same plain client as the jobs."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import structlog

from bots.desk.hearing import Heard
from core.gateways.outcome import Outcome
from core.gateways.telegram import CAPTION_MAX, Answer, Keyboard, Telegram
from core.notices import cards, drawings, following, questions
from core.notices.models import OpsCard
from core.notices.questions import Question
from core.telegram import places

log = structlog.get_logger(__name__)

TEXT_MAX = 3_900  # Telegram takes 4,096 characters
TRIES = 3
WAIT_MAX_S = 20.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What to say: markup, and under it buttons or a picture above.

    With a `subject` the message is that subject's card and follows it; `asks` is the question this
    message asks to be answered by words.
    """

    text: str = ""
    buttons: Keyboard = ()
    picture: bytes | None = None
    subject: str = ""
    asks: Question | None = None


def card(subject: str) -> Reply:
    """Show the card of a subject."""
    drawn = drawings.draw(subject)
    if drawn is None:
        return Reply("There is nothing to show any more.")
    return Reply(drawn.text, drawn.buttons, drawn.picture, subject)


def bounded(text: str) -> str:
    """Cut a long text at the end of a line, where no markup is open."""
    if len(text) <= TEXT_MAX:
        return text
    return text[: text.rindex("\n", 0, TEXT_MAX)] + "\n..."


def pressed_card(heard: Heard, likely: str) -> str:
    """Name the subject of the card that was pressed, which is followed from now on.

    A message whose sending we never heard the end of carries buttons we know nothing of.
    """
    known = OpsCard.get_or_none(
        OpsCard.chat_id == heard.chat_id, OpsCard.message_id == heard.message_id
    )
    if known is not None:
        return str(known.subject)
    cards.remember(likely, heard.chat_id, heard.message_id, cards.Drawn(""))
    return likely


class Voice:
    """Speaks to whoever did something in the ops chat."""

    def __init__(self, bot: Telegram, heard: Heard) -> None:
        self._bot = bot
        self._heard = heard
        self._is_answered = not heard.press_id

    @property
    def is_answered(self) -> bool:
        """Whether nobody waits any more for a press to be answered."""
        return self._is_answered

    @property
    def bot(self) -> Telegram:
        """The client."""
        return self._bot

    def say(self, reply: Reply) -> None:
        """Say something under what was heard; floods are waited out, lost answers are not."""
        look = replace(reply, text=bounded(reply.text))
        answer = self._send(look)
        for left in reversed(range(TRIES - 1)):
            if answer.moved_to is not None:
                places.moved(self._heard.chat_id, answer.moved_to)
                self._heard = replace(self._heard, chat_id=answer.moved_to)
            elif answer.outcome is Outcome.BUSY and left:
                time.sleep(min(answer.retry_after_s or 1.0, WAIT_MAX_S))
            else:
                break
            answer = self._send(look)
        if answer.outcome is not Outcome.ACCEPTED:
            log.warning("ops_reply_lost", outcome=answer.outcome.value, why=answer.why)
        elif answer.message_id is not None:
            self._remember(look, answer.message_id)

    def _send(self, reply: Reply) -> Answer:
        chat_id = self._heard.chat_id
        if reply.picture is not None:
            caption = reply.text[:CAPTION_MAX]
            return self._bot.send_photo(chat_id, reply.picture, caption, buttons=reply.buttons)
        return self._bot.send_text(
            chat_id,
            reply.text,
            buttons=reply.buttons,
            reply_to=self._heard.message_id or None,
            force_reply=reply.asks is not None,
        )

    def _remember(self, reply: Reply, message_id: int) -> None:
        if reply.asks is not None:
            questions.place(reply.asks.id, message_id)
        if reply.subject and reply.picture is None:
            drawn = cards.Drawn(reply.text, reply.buttons)
            cards.remember(reply.subject, self._heard.chat_id, message_id, drawn)

    def answer(self, words: str = "", *, is_alert: bool = False) -> None:
        """End the waiting of whoever pressed; too late is no matter, the card tells."""
        if not self._is_answered:
            self._is_answered = True
            self._bot.answer_press(self._heard.press_id, words, is_alert=is_alert)

    def rewrite(self, reply: Reply) -> None:
        """Put something else into the message that was pressed."""
        self._bot.edit_text(
            self._heard.chat_id, self._heard.message_id, bounded(reply.text), buttons=reply.buttons
        )

    def redraw(self, *subjects: str) -> None:
        """Bring all cards of some subjects up to date, now."""
        for subject in subjects:
            following.redraw_all(subject, self._bot)
