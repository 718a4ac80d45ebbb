"""What each role may do in a business."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from core import words
from core.errors import NotAllowed
from core.tenants import people
from core.tenants.models import Role


class Right(StrEnum):
    """A kind of act that not every role may do. Looking is everybody's."""

    SEND = "send"
    TOP_UP = "top_up"
    CONTACTS = "contacts"
    DETAILS = "details"
    TEAM = "team"
    KEYS = "keys"


MAY: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.OWNER: frozenset(Right),
        Role.MANAGER: frozenset(
            {Right.SEND, Right.TOP_UP, Right.CONTACTS, Right.DETAILS, Right.TEAM}
        ),
        Role.SENDER: frozenset({Right.SEND, Right.TOP_UP, Right.CONTACTS}),
        Role.FINANCE: frozenset({Right.TOP_UP}),
        Role.DEVELOPER: frozenset({Right.KEYS}),
        Role.VIEWER: frozenset(),
    }
)


class RoleTooSmall(NotAllowed):
    """Somebody's role does not cover what they want to do."""

    code = "role_too_small"
    title = "Not part of your role"
    sentence = "Your role here, {role}, does not allow this. Ask the owner."

    def words(self, language: str = "en") -> str:
        """Say it with the role, too, in the person's language."""
        return words.say(language, self.sentence, role=name(Role(self.fields["role"]), language))


NAMES: Mapping[Role, str] = MappingProxyType(
    {
        Role.OWNER: "owner",
        Role.MANAGER: "manager",
        Role.SENDER: "sender",
        Role.FINANCE: "finance",
        Role.DEVELOPER: "developer",
        Role.VIEWER: "viewer",
    }
)


def name(role: Role, language: str) -> str:
    """Name a role in a language."""
    return words.say(language, NAMES[role])


def may(role: Role | None, right: Right) -> bool:
    """Say whether a role covers a kind of act. No role covers nothing."""
    return role is not None and right in MAY[role]


def require(person_id: str, tenant_id: int, right: Right) -> Role:
    """Return a person's present role in a business, when it covers an act.

    Raises: RoleTooSmall, NotAllowed when they have none there.
    """
    role = people.role_of(person_id, tenant_id)
    if role is None:
        raise NotAllowed
    if not may(role, right):
        raise RoleTooSmall(role=role.value)
    return role


def gives(role: Role) -> tuple[Role, ...]:
    """List the roles that somebody of a role may give, take and change.

    An owner any; others only such as may do less than they themselves.
    """
    if role is Role.OWNER:
        return tuple(Role)
    if not may(role, Right.TEAM):
        return ()
    return tuple(each for each in Role if MAY[each] < MAY[role])
