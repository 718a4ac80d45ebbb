"""Whose address a request comes from, when proxies of our own stand in between."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Any

from core.settings import settings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def client(environ: dict[str, Any]) -> str:
    """The client's address: the socket's, or what a proxy of ours says about it.

    Of X-Forwarded-For only the hops that our own proxies added are believed: the list is walked
    from its end, past every trusted proxy, and the first other address is the client. What stands
    before that may have been written by the client itself.
    """
    address: str = environ.get("REMOTE_ADDR", "")
    proxies = settings().app.trusted_proxies
    # A Unix socket has no address; what reaches it is a proxy on this very machine.
    if not proxies or (address and not _is_one_of(address, proxies)):
        return _plain(address)
    for hop in reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        found = _plain(hop.strip())
        if not found:
            break
        address = found
        if not _is_one_of(found, proxies):
            break
    return _plain(address)


def _plain(text: str) -> str:
    """An address in its usual writing; nothing when it is none."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(found)


@lru_cache(maxsize=8)
def _networks(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(each, strict=False) for each in proxies)


def _is_one_of(address: str, proxies: tuple[str, ...]) -> bool:
    plain = _plain(address)
    if not plain:
        return False
    found = ipaddress.ip_address(plain)
    return any(found in network for network in _networks(proxies))
