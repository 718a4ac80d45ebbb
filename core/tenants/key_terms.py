"""What a key may do and from where: its scopes and networks, checked before they are kept."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from core.errors import Invalid, NotAllowed

EVERYTHING = "*"
# Source of the first six: our notes on REST keys; the rest divide what those leave undivided.
SCOPES = (
    "messages:send",
    "messages:read",
    "contacts:write",
    "billing:read",
    "webhooks:write",
    "admin",
    "contacts:read",
    "webhooks:read",
    "billing:write",
)
NETWORKS_MAX = 20

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class UnknownScope(Invalid):
    """No key can have this scope."""

    code = "unknown_scope"
    title = "Unknown scope"
    sentence = "{given} is not a scope. The documentation of keys lists them; * means all."
    field = "scopes"


class InvalidNetwork(Invalid):
    """Neither an address nor a network, or too many of them."""

    code = "invalid_network"
    title = "Not a network"
    sentence = "{given} is not an IP address or network, such as 41.90.0.7 or 41.90.0.0/16."
    field = "allowed_ips"


class TooManyNetworks(InvalidNetwork):
    """More than a key keeps."""

    sentence = "A key can name at most {given} addresses or networks."


class MissingScope(NotAllowed):
    """The key is good, but not for this."""

    code = "missing_scope"
    title = "Key lacks a scope"
    sentence = "This key lacks the scope {scope}. Use another, or make one that has it."


class AddressNotAllowed(NotAllowed):
    """The key is good, but not from there."""

    code = "ip_not_allowed"
    title = "Address not allowed"
    sentence = "This key may not be used from {address}. Add it to the key's allowed_ips."


class KeyTooNarrow(NotAllowed):
    """A key cannot make one that may do more than itself."""

    code = "key_too_narrow"
    title = "Key may do less than this"
    sentence = "A key cannot make or change a key that may do more than itself."


def read_scopes(given: Iterable[str]) -> tuple[str, ...]:
    """Check scopes; none at all means all of them.

    Raises: UnknownScope.
    """
    scopes = tuple(dict.fromkeys(given))
    for scope in scopes:
        if scope != EVERYTHING and scope not in SCOPES:
            raise UnknownScope(given=scope[:30])
    return (EVERYTHING,) if EVERYTHING in scopes or not scopes else scopes


def read_networks(given: Iterable[str]) -> tuple[str, ...]:
    """Check addresses and networks, and write each the usual way.

    Raises: InvalidNetwork.
    """
    networks: list[str] = []
    for text in given:
        try:
            networks.append(str(ipaddress.ip_network(text.strip(), strict=False)))
        except ValueError as error:
            raise InvalidNetwork(given=text[:45]) from error
    if len(networks) > NETWORKS_MAX:
        raise TooManyNetworks(given=NETWORKS_MAX)
    return tuple(dict.fromkeys(networks))


def holds(scopes: Iterable[str], wanted: str) -> bool:
    """Say whether scopes cover one. Writing includes reading."""
    area, _, verb = wanted.partition(":")
    return any(
        scope in (EVERYTHING, wanted) or (verb == "read" and scope == f"{area}:write")
        for scope in scopes
    )


@lru_cache(maxsize=4096)
def _network(text: str) -> Network:
    return ipaddress.ip_network(text)


def admits(networks: Iterable[str], address: str) -> bool:
    """Say whether an address is in one of the networks. An address we cannot read is in none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    # A dual-stack socket shows IPv4 callers in the clothes of IPv6.
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in _network(network) for network in networks)
