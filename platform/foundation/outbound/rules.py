"""What the operator allows, as the settings say it."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
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


def tls_context(own: str = "") -> ssl.SSLContext:
    """What a library needs for TLS with names checked: whom we trust, or with `own` (PEM) that text alone.

    ssl.SSLError: the text holds no certificate.
    """
    return ssl.create_default_context(cadata=own) if own else trust(settings.OUTBOUND_CA_FILE)


@contextmanager
def authorities_file(own: str = "") -> Iterator[str]:
    """A file (PEM) with whom we trust, for libraries that take no context; with `own`, that text alone.

    It lies in memory, for the block and for this process alone.
    """
    kept = os.memfd_create("authorities", os.MFD_CLOEXEC)
    try:
        with open(kept, "wb", closefd=False) as file:
            file.write((own or _as_text(settings.OUTBOUND_CA_FILE)).encode())
        yield f"/proc/self/fd/{kept}"
    finally:
        os.close(kept)


@lru_cache(maxsize=4)
def _as_text(authorities: str) -> str:
    return "".join(ssl.DER_cert_to_PEM_cert(found) for found in trust(authorities).get_ca_certs(binary_form=True))
