"""The gateways we speak with. To add one: a preset in the settings, or one small file here."""

from __future__ import annotations

from core.settings import settings
from ussd.dialects.africastalking import AfricasTalking
from ussd.dialects.airtel import Airtel
from ussd.dialects.arkesel import Arkesel
from ussd.dialects.base import Dialect, Wire
from ussd.dialects.beem import Beem
from ussd.dialects.generic import Generic
from ussd.dialects.hubtel import Hubtel
from ussd.dialects.infobip import Infobip
from ussd.dialects.nalo import Nalo

__all__ = ["Dialect", "Wire", "find", "names"]

_OWN: dict[str, Dialect] = {
    each.name: each for each in (Infobip(), Airtel(), Beem(), Hubtel(), Arkesel(), Nalo())
}


def find(name: str) -> Dialect | None:
    """The dialect of a name. A preset of the settings comes before one of ours."""
    preset = settings().ussd.dialects.get(name)
    if preset is None:
        return _OWN.get(name)
    return (AfricasTalking if name == "africastalking" else Generic)(name, preset)


def names() -> list[str]:
    """Every dialect that is spoken here."""
    return sorted({*settings().ussd.dialects, *_OWN})
