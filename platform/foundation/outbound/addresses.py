"""Which addresses are never called from here.

After the registries of special-purpose addresses (IANA, RFC 6890); written out, since what `ipaddress` calls global
changes with the release of Python. Of IPv6, 2000::/3 alone is given out to the world: all else, among it mapped
(::ffff:0:0/96) and translated (64:ff9b::/96) addresses, is refused, and so are the parts of it that carry others.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.utils.translation import gettext_noop as _

from foundation.words import kept

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_INSIDE = {
    "127.0.0.0/8": _("this machine itself"),
    "0.0.0.0/8": _("this machine itself"),
    "::1/128": _("this machine itself"),
    "::/128": _("this machine itself"),
    "169.254.0.0/16": _("a link-local address"),
    "fe80::/10": _("a link-local address"),
    "10.0.0.0/8": _("a private network"),
    "172.16.0.0/12": _("a private network"),
    "192.168.0.0/16": _("a private network"),
    "fc00::/7": _("a private network"),
    "100.64.0.0/10": _("a carrier's own network"),
    "224.0.0.0/4": _("a multicast address"),
    "ff00::/8": _("a multicast address"),
    "::ffff:0:0/96": _("an IPv4 address written as IPv6"),
    "64:ff9b::/96": _("an IPv4 address written as IPv6"),
    "64:ff9b:1::/48": _("an IPv4 address written as IPv6"),
    "2002::/16": _("an IPv4 address written as IPv6"),
    "2001::/32": _("an IPv4 address written as IPv6"),
}
_RESERVED = (
    "192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 "
    "2001::/23 2001:db8::/32 3fff::/20"
)
_NAMED: list[tuple[Network, str]] = [(ip_network(text), what) for text, what in _INSIDE.items()]
_NAMED += [(ip_network(text), _("a reserved address")) for text in _RESERVED.split()]
_WORLD_6 = IPv6Network("2000::/3")


def why_not(address: Address, allowed: Iterable[Network]) -> str:
    """What the address is, where it is not called from here; empty where it is."""
    if any(address.version == network.version and address in network for network in allowed):
        return ""
    for network, what in _NAMED:
        if address.version == network.version and address in network:
            return kept(what)
    return kept(_("a reserved address")) if address.version == 6 and address not in _WORLD_6 else ""


def read(text: str) -> Address:
    """The address as a resolver says it, without the zone of a link."""
    return ip_address(text.partition("%")[0])
