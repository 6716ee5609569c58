"""Whose request it is: the last hop that is none of our own proxies, and nobody's mere word."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.config import ConfigRefused, GatewayConfig
from gateway.origin import Origin, Origins
from tests.gateway.stage import Stage
from tests.gateway.test_parts import NEEDED

PROXIES = {"SANAD_TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8:1::/48"}


def origins(**environment: str) -> Origins:
    config = GatewayConfig.from_environment({**NEEDED, **environment})
    return Origins(config.trusted_proxies, config.public_scheme)


def of(origins: Origins, peer: str | None, *lines: tuple[str, str]) -> Origin:
    headers = [(name.lower().encode(), value.encode()) for name, value in lines]
    scope: dict[str, Any] = {"client": (peer, 1) if peer else None, "headers": headers}
    return origins.of(scope)


def test_without_trusted_proxies_the_peer_is_who_asks() -> None:
    assert of(origins(), "10.0.0.1", ("X-Forwarded-For", "203.0.113.7")) == Origin("10.0.0.1", "http")


def test_whoever_is_no_trusted_proxy_is_not_believed() -> None:
    told = of(origins(**PROXIES), "198.51.100.1", ("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "https"))
    assert told == Origin("198.51.100.1", "http")


@pytest.mark.parametrize(
    ("hops", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7, 10.1.1.1", "203.0.113.7"),
        ("127.0.0.1, 203.0.113.7:4711", "203.0.113.7"),
        ("[2001:db8:2::7]:4711", "2001:db8:2::7"),
        ("2001:db8:2::7", "2001:db8:2::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, unknown", "10.0.0.1"),
        ("6.6.6.6, no-address, 10.1.1.1", "10.1.1.1"),
        ("10.9.9.9, 10.1.1.1", "10.9.9.9"),
        ("", "10.0.0.1"),
    ],
)
def test_behind_trusted_proxies_the_last_other_hop_is_who_asks(hops: str, client: str) -> None:
    assert of(origins(**PROXIES), "10.0.0.1", ("X-Forwarded-For", hops)).address == client


def test_several_lines_are_one_list() -> None:
    lines = [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "203.0.113.7")]
    assert of(origins(**PROXIES), "::ffff:10.0.0.1", *lines).address == "203.0.113.7"


@pytest.mark.parametrize(("told", "scheme"), [("https", "https"), ("http, HTTPS", "https"), ("gopher", "http")])
def test_trusted_proxies_say_the_scheme_too(told: str, scheme: str) -> None:
    assert of(origins(**PROXIES), "10.0.0.1", ("X-Forwarded-Proto", told)).scheme == scheme


def test_workloads_have_no_address_and_are_known_for_it() -> None:
    assert of(origins(**PROXIES), None, ("X-Forwarded-For", "203.0.113.7")) == Origin("127.0.0.1", "http", True)


def test_what_is_no_network_is_a_sentence() -> None:
    with pytest.raises(ConfigRefused, match="SANAD_TRUSTED_PROXIES has to name networks"):
        origins(SANAD_TRUSTED_PROXIES="ingress.local")


def test_the_portal_hears_the_clients_address_from_the_gateway(stage: Stage) -> None:
    stage.start_gateway(SANAD_TRUSTED_PROXIES="127.0.0.0/8")
    told = stage.ask("GET", "/t/acme/", headers={"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"})
    lines = dict(map(tuple, told.json()["headers"]))
    assert (lines["x-forwarded-for"], lines["x-forwarded-proto"]) == ("203.0.113.7", "https")
