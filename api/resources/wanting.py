"""What a send to many is asked with: words or a template, and who gets it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from api.fields import Phone, Request
from api.problems import Refusals
from api.refusals import TooLong, TooManyItems
from core.campaigns.audience import NUMBERS_MAX, Audience
from core.contacts import groups

PARAMS_MAX = 50
PARAM_MAX = 500
IDS_MAX = 20_000

TemplateRef = Annotated[
    str, msgspec.Meta(max_length=60, description="A template: its id or its name.")
]
Params = Annotated[
    dict[str, str | int],
    msgspec.Meta(description="Values for the placeholders of all, beside each contact's own."),
]
Ids = Annotated[list[Annotated[str, msgspec.Meta(max_length=64)]], msgspec.Meta(max_length=IDS_MAX)]
Groups = Annotated[
    Ids | Literal["all"],
    msgspec.Meta(description='Ids of groups, or the word "all" for everybody in any group.'),
]
Contacts = Annotated[
    Ids | Literal["all"],
    msgspec.Meta(description='Ids of contacts, or the word "all" for everybody.'),
]
ManyNumbers = Annotated[list[Phone], msgspec.Meta(max_length=NUMBERS_MAX)]


class Chosen(Request, frozen=True, kw_only=True):
    """Who gets it; each number gets it once."""

    groups: Groups | None = None
    contacts: Contacts | None = None
    to: Phone | ManyNumbers | None = None

    def audience(self, tenant_id: int) -> Audience:
        """Who was chosen, as the acts take it."""
        return Audience(
            everyone=self.contacts == "all",
            groups=_groups(tenant_id, self.groups),
            contacts=[] if isinstance(self.contacts, str) else list(self.contacts or ()),
            to=numbers(self.to),
        )


def numbers(given: str | list[str] | None) -> list[str]:
    """One number or many as a list."""
    if given is None:
        return []
    return [given] if isinstance(given, str) else given


def _groups(tenant_id: int, given: list[str] | str | None) -> list[str]:
    if given == "all":
        return [group.id for group in groups.names(tenant_id)]
    return list(given or ())


def params(given: Params | None) -> Mapping[str, str] | None:
    """The values for placeholders as text. Raises: Refusals."""
    if not given:
        return None
    if len(given) > PARAMS_MAX:
        raise Refusals([("params", TooManyItems(limit=PARAMS_MAX))])
    for name, value in given.items():
        if len(name) > PARAM_MAX or len(str(value)) > PARAM_MAX:
            raise Refusals([(f"params.{name[:40]}", TooLong(limit=PARAM_MAX))])
    return {name: str(value) for name, value in given.items()}
