"""What the operator allows, as the settings say it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import lru_cache
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # typeshed lacks it

import httpcore2
from django.conf import settings

from foundation.outbound.addresses import Network


@dataclass(frozen=True)
class Rules:
    """`allowed` are networks inside that may be called all the same; `proxies` by scheme, with `no` for exceptions."""

    allowed: tuple[Network, ...]
    proxies: dict[str, str]
    authorities: str

    def proxy_for(self, scheme: str, host: str) -> str:
        """The proxy for a target; empty where it is called directly."""
        found = self.proxies.get(scheme) or self.proxies.get("all", "")
        return "" if not found or proxy_bypass_environment(host, self.proxies) else found


def rules() -> Rules:
    return Rules(tuple(settings.OUTBOUND_ALLOW), settings.OUTBOUND_PROXIES, settings.OUTBOUND_CA_FILE)


@lru_cache(maxsize=4)
def trust(authorities: str) -> ssl.SSLContext:
    """The system's authorities, and those of the operator's file beside them."""
    context = httpcore2.default_ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authorities:
        context.load_verify_locations(authorities)
    return context
