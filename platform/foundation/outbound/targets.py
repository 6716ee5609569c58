"""An address as somebody gave it, taken apart once: what is checked is what is called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna

from foundation.outbound import names
from foundation.outbound.addresses import why_not
from foundation.outbound.errors import Refused
from foundation.outbound.rules import rules
from foundation.words import kept as _

_PORTS = {"http": 80, "https": 443}
_LONGEST = 2000
# Programs read these differently, each in its own way: none is let through.
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
# A last label like this makes resolvers read the whole as a number: 2130706433, 0177.0.0.1 and 0x7f.1 are 127.0.0.1.
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


@dataclass(frozen=True)
class Target:
    """`host` is a name in ASCII or an address without brackets; `path` holds the query too."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        return (self.scheme, self.host, self.port)

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{'' if _PORTS[self.scheme] == self.port else f':{self.port}'}{self.path}"

    def joined(self, location: str) -> Target:
        """Where a redirect leads from here."""
        return read(urljoin(self.url, location))


def read(url: str) -> Target:
    """The address taken apart, or Refused with the sentence that says what is wrong with it."""
    if len(url) > _LONGEST or _ODD.search(url):
        raise Refused(
            _("The address is longer than %(most)s signs, or holds spaces, \\ or control signs.") % {"most": _LONGEST}
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused(
            _("This is no address: %(why)s. Write it like https://example.com/path.") % {"why": error}
        ) from None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or port == 0:
        raise Refused(_("Only addresses that begin with https:// or http:// are called."))
    if "@" in parts.netloc:
        raise Refused(
            _("The address holds a name or password before “@”; leave them out: logs and proxies would show them.")
        )
    host = _host(parts.hostname or "", bracketed=parts.netloc.startswith("["))
    return Target(scheme, host, port or _PORTS[scheme], _path(parts))


def at(host: str, port: int) -> Target:
    """What is no address of the web: a host and its port, as somebody gave them; Refused where they are none."""
    if not 0 < port < 65536:
        raise Refused(_("A port is a number from 1 to 65535."))
    return Target("", _host(host.strip("[]"), bracketed=":" in host), port, "")


def check(url: str) -> str:
    """The address as it will be called; Refused where it, or what its name stands for at present, may not be.

    A name that is not known at present passes: it is looked up again with every call.
    """
    target = read(url)
    with names.unknown_passes():
        addresses_of(target)
    return target.url


def addresses_of(target: Target, *, patience_s: float = names.PATIENCE_S) -> list[str]:
    """Every address of the target's name, each one checked; Refused where one of them lies inside."""
    allowed, found = rules().allowed, names.look_up(target.host, target.port, patience_s=patience_s)
    for address in found:
        if what := why_not(address, allowed):
            names.log.warning("A call to %s was refused: it leads to %s", target.host, address)
            sentence = _(
                "%(host)s leads to %(what)s, which is not called from here. The operator can allow it"
                " (SANAD_OUTBOUND_ALLOW)."
            )
            raise Refused(sentence % {"host": target.host, "what": what})
    return [str(address) for address in found]


def _host(given: str, *, bracketed: bool) -> str:
    if bracketed:
        try:
            # A zone (fe80::1%eth0) names a link of this machine: nothing outside has one.
            return str(IPv6Address(given.replace("%", " ")))
        except AddressValueError:
            raise Refused(_("“%(host)s” is no IPv6 address.") % {"host": given}) from None
    host = _ascii(given).rstrip(".")
    if not _HOST.fullmatch(host):
        raise Refused(
            _("“%(host)s” is no name of a host. Write the address like https://example.com/path.") % {"host": given}
        )
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        try:
            return str(IPv4Address(host))
        except AddressValueError:
            raise Refused(
                _("“%(host)s” can be read in several ways; write the address as four numbers, like 203.0.113.7.")
                % {"host": given}
            ) from None
    return host


def _ascii(host: str) -> str:
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode().lower()
    except idna.IDNAError:
        raise Refused(_("“%(host)s” is no name of a host that could be looked up.") % {"host": host}) from None


def _path(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    return f"{path}?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else path
