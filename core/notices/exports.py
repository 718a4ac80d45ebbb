"""Files of contacts that somebody asked for in a chat: made behind its back, then brought there."""

from __future__ import annotations

import tempfile
from html import escape

import structlog

from core import words
from core.contacts import exporting, groups
from core.contacts.listing import Wanted
from core.database import transaction
from core.errors import Refused
from core.gateways.outcome import Outcome
from core.gateways.telegram import UPLOAD_BYTES_MAX, Answer, Telegram
from core.notices import notebook, posting, recipients
from core.notices.models import Notice, NoticeState
from core.notices.recipients import Hearer
from core.notices.saying import Words
from core.tenants import roles, rows
from core.tenants.roles import Right

log = structlog.get_logger(__name__)

(KIND,) = notebook.SLOW

BROUGHT = "Contacts of {name}: {count}. Keep the file safe, it holds people's numbers."
NOT_TAKEN = "Telegram did not take the file with your contacts. Please ask for it again."


def ask(
    person_id: str, tenant_id: int, group_id: str = "", *, once: str, actor: str, channel: str
) -> None:
    """Have a file of all contacts, or of a group, brought into somebody's chat.

    Raises: RoleTooSmall, NotAllowed, GroupNotFound.
    """
    wanted = _allowed(person_id, tenant_id, group_id)
    with transaction():
        whom, data = f"person:{person_id}", {"group": group_id}
        if notebook.put(f"export:{once}", whom, KIND, tenant_id=tenant_id, data=data):
            exporting.note(tenant_id, wanted, actor=actor, channel=channel)


def _allowed(person_id: str, tenant_id: int, group_id: str) -> Wanted:
    """Say what somebody may have. Raises: RoleTooSmall, NotAllowed, GroupNotFound."""
    roles.require(person_id, tenant_id, Right.CONTACTS)
    if not group_id:
        return Wanted()
    return Wanted(group_id=groups.one(tenant_id, group_id).id)


def deliver() -> None:
    """Bring the file that has waited longest, if there is one."""
    notice = notebook.next_due(slow=True)
    if notice is None or not notebook.reserve(notice):
        return
    try:
        _bring(notice)
    except Exception:
        # An edge: one file that cannot be made must not keep the others.
        log.exception("file_failed", notice=notice.id)
        posting.stumble(notice)


def _bring(notice: Notice) -> None:
    hearer, by = recipients.find(notice.recipient, notice.tenant_id), posting.bot()
    is_hopeless = notice.channel == "sms" or notice.tries >= posting.TRIES_MAX
    if hearer is None or hearer.telegram_id is None or by is None or is_hopeless:
        notebook.close(notice, NoticeState.DROPPED, "There is no chat to bring it into.")
        return
    answer = _made_and_sent(notice, hearer, by, hearer.telegram_id)
    if answer is not None:
        posting.note(notice, hearer, Words("", ""), answer)


def _made_and_sent(notice: Notice, hearer: Hearer, by: Telegram, chat_id: int) -> Answer | None:
    """Make the file and send it, or say why there is none. None when somebody else has."""
    tenant_id, group_id = notice.tenant_id or 0, str(notebook.matter_of(notice).data["group"])
    with tempfile.TemporaryFile() as file:
        try:
            wanted = _allowed(hearer.person_id or "", tenant_id, group_id)
            count = exporting.write(file, tenant_id, wanted, most_bytes=UPLOAD_BYTES_MAX)
        except Refused as refusal:
            if not notebook.claim(notice, "telegram"):
                return None
            return by.send_text(chat_id, escape(refusal.words(hearer.language), quote=False))
        if not notebook.claim(notice, "telegram"):
            return None
        name, source = _named(tenant_id, group_id)
        said = words.say(hearer.language, BROUGHT, name=source, count=f"{count:,}")
        answer = by.send_document(chat_id, name, file, escape(said, quote=False))
    if answer.outcome is not Outcome.REFUSED or answer.is_dead:
        return answer
    log.error("file_refused", why=answer.why)
    return by.send_text(chat_id, escape(words.say(hearer.language, NOT_TAKEN), quote=False))


def _named(tenant_id: int, group_id: str) -> tuple[str, str]:
    """Name the file, and whose contacts are in it."""
    if not group_id:
        return "contacts.csv", rows.get(tenant_id).name
    return f"contacts-{group_id[-5:]}.csv", groups.one(tenant_id, group_id).name
