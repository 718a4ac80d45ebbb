"""What a sender ID may be called: as the networks show it, and nobody else's name."""

from __future__ import annotations

import re

import peewee

from core.database import execute, is_postgres
from core.errors import Conflict, Invalid
from core.messaging.models import Sender, SenderStatus
from core.settings import settings
from core.tenants.models import Tenant, TenantStatus

# As long as a handset shows it; the signs are those seen in approved ones. Case counts.
_NAME = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9 ._&-]{1,11}").fullmatch
# Words as they are written together: "KRAInfo" is KRA and Info.
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Signs the eye takes for others; i and l are one, because 1 is taken for both.
_LOOKS_LIKE = str.maketrans("013457i", "oleastl")
# Locks of ours on PostgreSQL have two numbers: this one, and a digest of the name.
_NAME_LOCK = 746_863
# A shorter one is part of many honest names: KRA of Kraft.
_PART_FROM = 5


class InvalidSenderId(Invalid):
    """A name no network would show as a sender."""

    code = "invalid_sender_id"
    title = "Not a sender ID"
    sentence = "A sender ID has 1 to 11 letters and digits. Spaces and . _ & - are allowed, too."
    field = "name"


class SenderNeedsLetter(InvalidSenderId):
    """A number: those are short codes, which are leased and not asked for here."""

    sentence = "A sender ID has at least one letter. For a short code of your own, contact us."


class SenderProtected(Invalid):
    """The name of a network, a bank or an office, or made to look like one."""

    code = "sender_protected"
    title = "Protected name"
    sentence = "{name} is like a protected name. Choose one of your own, or ask us if it is yours."
    field = "name"


class SenderTaken(Conflict):
    """Another business sends under this name, or has asked for it."""

    code = "sender_taken"
    title = "Sender ID taken"
    sentence = "The sender ID {name} belongs to another business. Choose another one."
    field = "name"


def check(name: str) -> str:
    """Read a name as the networks take one. Raises: InvalidSenderId."""
    if name != name.strip() or not _NAME(name):
        raise InvalidSenderId
    return name


def check_own(tenant_id: int, name: str) -> None:
    """Make sure that a business may ask for a name.

    Raises: InvalidSenderId, SenderProtected, SenderTaken.
    """
    if not re.search("[A-Za-z]", check(name)):
        raise SenderNeedsLetter
    if is_protected(name):
        raise SenderProtected(name=name)
    if is_taken(tenant_id, name):
        raise SenderTaken(name=name)


def is_protected(name: str) -> bool:
    """Say whether a name is one of those nobody may ask for, or looks like one.

    A protected name counts as a word of another one, and from five letters on as a part of it.
    """
    whole = _plain(name)
    words = {_plain(each) for part in re.split(r"[^A-Za-z0-9]+", name) for each in _parts(part)}
    protected = {_plain(each) for each in settings().rules.protected_senders} - {""}
    return any(
        each == whole or each in words or (len(each) >= _PART_FROM and each in whole)
        for each in protected
    )


def _parts(word: str) -> list[str]:
    return [word, *_WORDS.findall(word)]


def _plain(name: str) -> str:
    """A name as the eye takes it: no case, no signs, letters for the digits that look like them."""
    return re.sub(r"[^a-z]", "", name.casefold().translate(_LOOKS_LIKE))


def lock(name: str) -> None:
    """Keep others from asking for a name, or being given it, until the transaction ends.

    However its letters are written; before any row is locked. SQLite has one writer as it is.
    """
    if is_postgres():
        execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (_NAME_LOCK, name.lower()))


def is_taken(tenant_id: int, name: str) -> bool:
    """Say whether a name is ours or another business's; case does not tell two apart."""
    if name.casefold() == settings().onfon.sender_id.casefold():
        return True
    closed = Tenant.select(Tenant.id).where(Tenant.status == TenantStatus.CLOSED.value)
    return bool(
        Sender.select()
        .where(
            peewee.fn.LOWER(Sender.name) == name.lower(),
            Sender.tenant_id != tenant_id,
            Sender.tenant_id.not_in(closed),
            Sender.status != SenderStatus.REJECTED.value,
        )
        .exists()
    )
