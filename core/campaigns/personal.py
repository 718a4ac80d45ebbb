"""Words for a short list of numbers, each with what is known of its holder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from core import phone
from core.campaigns import audience, placeholders, templates
from core.campaigns.audience import Recipient
from core.campaigns.wording import Wording
from core.messaging.sending import Text
from core.tenants.profiles import Profile

# Words that are not a template's have one language.
ONLY = ""


def texts(
    profile: Profile,
    template: str,
    numbers: Sequence[str],
    *,
    params: Mapping[str, str] | None = None,
    reference: str | None = None,
) -> list[Text]:
    """Write a template, by its id or name, for each of some numbers.

    A number that cannot be read gets words all the same: whoever takes the texts on says what is
    wrong with it. Raises: TemplateNotFound, ValueMissing.
    """
    view = templates.find(profile.tenant_id, template)
    words = Wording(view.bodies, view.language, params=params)
    holders = _holders(profile.tenant_id, numbers)
    bodies = [
        words.text_for(holders[each]).body if each in holders else view.message for each in numbers
    ]
    return [Text(*each, reference) for each in zip(numbers, bodies, strict=True)]


def filled(
    profile: Profile, given: Sequence[Text], *, params: Mapping[str, str] | None = None
) -> Sequence[Text]:
    """Fill the places in texts that were not made of a template; mostly there are none.

    Raises: PlaceholderWrong, ValueMissing.
    """
    if not any(placeholders.OPENS in each.body for each in given):
        return given
    words = {
        body: Wording({ONLY: body}, ONLY, params=params)
        for body in dict.fromkeys(each.body for each in given)
    }
    holders = _holders(profile.tenant_id, [each.to for each in given])
    return [
        replace(each, body=words[each.body].text_for(holders[each.to]).body)
        if each.to in holders
        else each
        for each in given
    ]


def _holders(tenant_id: int, numbers: Sequence[str]) -> dict[str, Recipient]:
    """Find who has each number, by how it was written; one that cannot be read is not in it."""
    msisdns: dict[str, str] = {}
    for given in numbers:
        with suppress(phone.InvalidNumber):
            msisdns[given] = phone.parse(given)
    known = audience.among_numbers(tenant_id, list(msisdns.values()))
    return {
        given: known.get(msisdn) or Recipient(None, msisdn) for given, msisdn in msisdns.items()
    }
