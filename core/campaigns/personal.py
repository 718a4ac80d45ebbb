"""A template's words for a short list of numbers, each with what is known of its holder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core import phone
from core.campaigns import audience, templates, wording
from core.campaigns.audience import Recipient
from core.messaging.sending import Text
from core.tenants.profiles import Profile


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
    words = wording.Wording(view.bodies, view.language, params=params)
    msisdns: dict[str, str] = {}
    for given in numbers:
        try:
            msisdns[given] = phone.parse(given)
        except phone.InvalidNumber:
            continue
    known = audience.among_numbers(profile.tenant_id, list(msisdns.values()))
    found = []
    for given in numbers:
        msisdn = msisdns.get(given)
        if msisdn is None:
            found.append(Text(given, view.message, reference))
        else:
            who = known.get(msisdn) or Recipient(None, msisdn)
            found.append(Text(given, words.text_for(who).body, reference))
    return found
