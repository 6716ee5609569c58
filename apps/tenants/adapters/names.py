"""Domains as DNS writes them, by idna; their TXT records by dnspython.

Asked are the system's name servers, or those that the operator names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import idna
from django.conf import settings
from django.utils.translation import gettext as _

from foundation.errors import Unavailable

if TYPE_CHECKING:
    import dns.resolver

_PATIENCE_S = 5.0


def in_ascii(name: str) -> str:
    """The domain as DNS writes it; empty where it cannot be written."""
    try:
        return name if name.isascii() else idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        return ""


class NameServers:
    def of(self, name: str) -> list[str]:
        import dns.exception
        import dns.resolver

        try:
            found = _resolver().resolve(name, "TXT", lifetime=_PATIENCE_S, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as error:
            raise Unavailable(
                _(
                    "No name server answered in time. Try again; where the portal reaches none, its operator proves"
                    " the domain with “manage.py prove_domain”."
                )
            ) from error
        return [b"".join(record.strings).decode("utf-8", "replace") for record in found]


def _resolver() -> dns.resolver.Resolver:
    """`SANAD_DNS_SERVERS` like 10.0.0.53 or 10.0.0.53:5353; the system's where it is empty."""
    import dns.resolver

    servers: list[str] = settings.SANAD_DNS_SERVERS
    if not servers:
        try:
            return dns.resolver.Resolver()
        except dns.resolver.NoResolverConfiguration:
            return dns.resolver.Resolver(configure=False)
    resolver = dns.resolver.Resolver(configure=False)
    host, _colon, port = servers[0].rpartition(":") if servers[0].count(":") == 1 else (servers[0], "", "53")
    resolver.nameservers, resolver.port = [host, *servers[1:]], int(port)
    return resolver
