"""Handing notices over: to a person by Telegram or SMS, to the operators by the ops chat.

A message to Telegram has no key against repetition. So a notice is claimed, posted outside any
transaction, and its outcome recorded; one whose answer was lost is never posted again. A text
message is stored in the same transaction that closes its notice.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from html import escape

import structlog

from core import clock
from core.database import transaction
from core.errors import Refused
from core.gateways import telegram
from core.gateways.outcome import Outcome
from core.gateways.telegram import CAPTION_MAX, Answer, Telegram
from core.messaging.sending import send_platform_text
from core.notices import cards, drawings, live, notebook, quiet, recipients, turns
from core.notices.cards import Drawn
from core.notices.models import Notice, NoticeState
from core.notices.recipients import Hearer
from core.notices.saying import Later, Nothing, Words
from core.notices.telling import KINDS
from core.settings import settings
from core.telegram import places

log = structlog.get_logger(__name__)

# A round gives its thread back after a while.
ROUND_S = 5.0
BACKOFF_S = (2, 5, 15, 60, 120, 300)
# After so many turns a person is told by SMS.
TURNS_MAX = 5
# An ops chat that has thrown us out may take us back.
OPS_PATIENCE = timedelta(hours=24)
OPS_WAIT = timedelta(minutes=10)
TRIES_MAX = 30


def bot() -> Telegram | None:
    """Return the bot, when it is on."""
    return telegram.client(settings().telegram.base_url, settings().telegram.token)


def deliver() -> None:
    """Hand over what is due, for a few seconds at most."""
    notebook.give_up_lost()
    ends = time.monotonic() + ROUND_S
    while time.monotonic() < ends:
        notice = notebook.next_due()
        if notice is None:
            return
        try:
            hand_over(notice)
        except Exception:
            # An edge: one notice that cannot be put into words must not keep the others.
            log.exception("notice_failed", notice=notice.id, kind=notice.kind)
            stumble(notice)


def hand_over(notice: Notice) -> None:
    """Hand one notice over. Safe to call twice, or in many places at once."""
    if notice.recipient == notebook.OPS:
        _tell_operators(notice)
    else:
        _tell_person(notice)


def stumble(notice: Notice) -> None:
    """Let a notice that could not be put into words wait, but not for ever."""
    if notice.tries >= TRIES_MAX:
        notebook.close(notice, NoticeState.REFUSED, "It cannot be put into words.")
    elif notebook.claim(notice, notice.channel or ""):
        notebook.put_back(notice, _after(notice.tries))


def _after(tries: int, wait_s: float | None = None) -> datetime:
    backoff_s = BACKOFF_S[min(tries, len(BACKOFF_S) - 1)]
    return clock.now() + timedelta(seconds=max(wait_s or 0, backoff_s))


# To a person.


def _tell_person(notice: Notice) -> None:
    if not recipients.may_hear(notice.recipient, notice.tenant_id, notice.kind):
        notebook.close(notice, NoticeState.DROPPED, "They have left the business.")
        return
    hearer = recipients.find(notice.recipient, notice.tenant_id)
    if hearer is None:
        notebook.close(notice, NoticeState.DROPPED, "There is nobody to tell.")
        return
    said = KINDS[notice.kind](notebook.matter_of(notice), hearer.language)
    if isinstance(said, Later):
        notebook.put_back(notice, said.until)
    elif isinstance(said, Nothing):
        notebook.close(notice, NoticeState.DROPPED, said.why)
    else:
        _say(notice, hearer, said)


def _say(notice: Notice, hearer: Hearer, said: Words) -> None:
    by = bot()
    chat_id = hearer.telegram_id
    if by is None or chat_id is None or notice.channel == "sms" or notice.tries >= TURNS_MAX:
        if said.is_chat_only:
            notebook.close(notice, NoticeState.DROPPED, "It is worth no text message.")
        else:
            _text(notice, hearer, said.short)
    elif notebook.claim(notice, "telegram"):
        note(notice, hearer, said, _write(by, chat_id, said))


def _write(by: Telegram, chat_id: int, said: Words) -> Answer:
    """Send words to a chat, with what hangs on them; what is refused is said without it."""
    whole = escape(said.whole, quote=False)
    caption = escape(said.whole[: CAPTION_MAX // 2], quote=False)
    answer = None
    if said.document is not None:
        name, content = said.document.name, said.document.content
        answer = by.send_document(chat_id, name, content, caption, buttons=said.buttons)
    elif said.picture is not None:
        answer = by.send_photo(chat_id, said.picture, caption, buttons=said.buttons)
    if answer is not None and (answer.outcome is not Outcome.REFUSED or answer.is_dead):
        return answer
    if answer is not None:
        log.error("file_refused", why=answer.why)  # and so it has not gone: words must do
    return by.send_text(chat_id, whole, buttons=said.buttons)


def _text(notice: Notice, hearer: Hearer, body: str) -> None:
    """Store a text and close its notice, both or neither."""
    try:
        with transaction():
            if notebook.close(notice, NoticeState.SENT, channel="sms"):
                send_platform_text(hearer.msisdn, body, once=notice.id)
    except Refused as refusal:
        notebook.close(notice, NoticeState.REFUSED, str(refusal), channel="sms")


def note(notice: Notice, hearer: Hearer, said: Words, answer: Answer) -> None:
    """Record what became of a message to a person, and choose the other way when there is none."""
    if answer.outcome is Outcome.ACCEPTED:
        with transaction():
            notebook.close(notice, NoticeState.SENT)
            if said.follow and answer.message_id is not None and hearer.telegram_id is not None:
                live.remember(
                    said.follow,
                    hearer.telegram_id,
                    answer.message_id,
                    tenant_id=notice.tenant_id or 0,
                    language=hearer.language,
                )
    elif answer.outcome is Outcome.UNKNOWN:
        notebook.close(notice, NoticeState.UNKNOWN, answer.why)
    elif answer.outcome is Outcome.BUSY:
        notebook.put_back(notice, _after(notice.tries, answer.retry_after_s), answer.why)
    else:
        if answer.is_dead and hearer.person_id and hearer.telegram_id:
            recipients.lose_telegram(hearer.person_id, hearer.telegram_id)
        notebook.put_back(notice, clock.now(), answer.why, channel="sms")


# To the operators.


def _tell_operators(notice: Notice) -> None:
    by, chat_id = bot(), places.ops_chat_id()
    if by is None or not chat_id:
        notebook.close(notice, NoticeState.DROPPED, "There is no ops chat.")
        return
    subject = str(notebook.matter_of(notice).data["subject"])
    drawn = drawings.draw(subject)
    if drawn is None:
        notebook.close(notice, NoticeState.DROPPED, "There is nothing to show any more.")
    elif not turns.take():
        notebook.put_back(notice, clock.now() + turns.EVERY)
    elif notebook.claim(notice, "telegram"):
        _note_ops(notice, chat_id, subject, drawn, _post(by, chat_id, drawn))


def _post(by: Telegram, chat_id: int, drawn: Drawn) -> Answer:
    is_silent = quiet.is_night(clock.now()) and not drawn.is_urgent
    if drawn.picture is not None:
        answer = by.send_photo(chat_id, drawn.picture, drawn.text, is_silent=is_silent)
        if answer.outcome is not Outcome.REFUSED or answer.is_dead or answer.moved_to:
            return answer
        log.error("picture_refused", why=answer.why)  # and so it has not gone: words must do
    if drawn.file is not None:
        name, content = drawn.file
        answer = by.send_document(chat_id, name, content, drawn.text, is_silent=is_silent)
        if answer.outcome is not Outcome.REFUSED or answer.is_dead or answer.moved_to:
            return answer
        log.error("file_refused", why=answer.why)
    return by.send_text(chat_id, drawn.text, buttons=drawn.buttons, is_silent=is_silent)


def _note_ops(notice: Notice, chat_id: int, subject: str, drawn: Drawn, answer: Answer) -> None:
    if answer.outcome is Outcome.ACCEPTED:
        with transaction():
            notebook.close(notice, NoticeState.SENT)
            is_text = drawn.picture is None and drawn.file is None
            if answer.message_id is not None and is_text:
                cards.remember(subject, chat_id, answer.message_id, drawn)
    elif answer.outcome is Outcome.UNKNOWN:
        notebook.close(notice, NoticeState.UNKNOWN, answer.why)
    elif answer.outcome is Outcome.BUSY:
        turns.rest(answer)
        notebook.put_back(notice, _after(notice.tries, answer.retry_after_s), answer.why)
    elif answer.moved_to is not None:
        places.moved(chat_id, answer.moved_to)
        notebook.put_back(notice, clock.now(), answer.why)
    elif answer.is_dead and notice.created_at > clock.now() - OPS_PATIENCE:
        log.error("ops_chat_refuses_us", why=answer.why)
        notebook.put_back(notice, clock.now() + OPS_WAIT, answer.why)
    else:
        log.error("ops_notice_refused", notice=notice.id, kind=notice.kind, why=answer.why)
        notebook.close(notice, NoticeState.REFUSED, answer.why)
