"""What may be called: the world, and of what lies inside only what the operator allows."""

from __future__ import annotations

import os
import re
import socket
from ipaddress import ip_network

import pytest
from django.utils.translation import override

from foundation import outbound
from foundation.outbound import names, targets
from foundation.outbound.errors import Refused
from tests.support.receivers import receiving

INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104 - read, not listened at
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:8.8.8.8",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "3fff::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "4000::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_what_lies_inside_is_refused_as_an_address_and_behind_a_name(address, resolver):
    literal = f"[{address}]" if ":" in address else address
    with pytest.raises(Refused, match="SANAD_OUTBOUND_ALLOW"):
        outbound.check(f"http://{literal}/")

    resolver(hooks_example=[address])
    with pytest.raises(Refused, match=r"hooks\.example leads to"):
        outbound.check("https://hooks.example/")


@pytest.mark.parametrize("address", ["8.8.8.8", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"])
def test_the_world_may_be_called(address):
    literal = f"[{address}]" if ":" in address else address
    assert outbound.check(f"https://{literal}/hook?a=b") == f"https://{literal}/hook?a=b"


def test_one_address_inside_spoils_a_name(monkeypatch):
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_words, **_more: both)
    with pytest.raises(Refused, match="a private network"):
        outbound.check("https://two.example/")


def test_the_refusal_does_not_tell_what_a_name_inside_stands_for(resolver):
    resolver(database_internal=["10.9.8.7"])
    with pytest.raises(Refused) as refusal:
        outbound.check("https://database.internal/")
    assert "10.9" not in refusal.value.sentence


@pytest.mark.parametrize(
    "host",
    ["2130706433", "017700000001", "0x7f000001", "0x7f.1", "127.1", "0177.0.0.1", "127.0.0.01", "1.1.1.1.1", "0x"],
)
def test_other_spellings_of_an_address_are_refused_even_where_all_is_allowed(host, settings):
    settings.OUTBOUND_ALLOW = [ip_network("0.0.0.0/0")]
    with pytest.raises(Refused, match="four numbers"):
        outbound.check(f"http://{host}/")


def test_an_address_in_wide_digits_is_read_as_what_it_is():
    with pytest.raises(Refused, match="this machine itself"):
        outbound.check("http://１２７.０.０.１/")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://example.com/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("gopher://example.com/", "https://"),
        ("//example.com/", "https://"),
        ("javascript:alert(1)", "https://"),
        ("https://user:password@example.com/", "before “@”"),
        ("https://8.8.8.8@127.0.0.1/", "before “@”"),
        ("https://example.com:0/", "https://"),
        ("https://example.com:99999/", "no address"),
        ("https://exa mple.com/", "spaces"),
        ("https://example.com\\@127.0.0.1/", "spaces"),
        ("https://example.com/\r\nX-Evil: 1", "spaces"),
        ("https:///path", "no name of a host"),
        ("https://-a-.example/", "no name of a host"),
        ("https://[fe80::1%25eth0]/", "no IPv6 address"),
        ("https://[::1", "no address"),
        ("https://example.com/" + "a" * 2000, "longer"),
    ],
)
def test_an_address_that_is_none_is_refused_in_words(url, said):
    with pytest.raises(Refused, match=said):
        outbound.check(url)


def test_names_of_other_scripts_and_odd_letters_travel_in_ascii():
    assert targets.read("https://مثال.إختبار/مسار?س=1").url == (
        "https://xn--mgbh0fb.xn--kgbechtv/%D9%85%D8%B3%D8%A7%D8%B1?%D8%B3=1"
    )
    assert targets.read("HTTPS://Example.COM.:443#part").url == "https://example.com/"


def test_a_name_that_is_unknown_at_present_may_be_kept_but_not_called():
    assert outbound.check("https://nowhere.invalid/hook") == "https://nowhere.invalid/hook"
    with pytest.raises(outbound.Unreachable, match="not known"):
        outbound.send("GET", "https://nowhere.invalid/")


def test_the_loopback_is_called_where_the_operator_allows_it_and_else_not(settings):
    with receiving() as server:
        with pytest.raises(Refused, match="this machine itself"):
            outbound.send("GET", server.url)
        assert server.heard == []
        settings.OUTBOUND_ALLOW = [ip_network("127.0.0.0/8")]
        assert outbound.send("GET", server.url).body == b"ok"


def test_a_refusal_that_a_job_keeps_is_read_in_the_language_of_whoever_reads():
    with pytest.raises(Refused) as refusal:
        outbound.check("http://127.0.0.1/")
    with override("ar"):
        told = str(refusal.value.sentence.words)
    assert "127.0.0.1" in told and not re.search("[a-z]{2}", told.replace("_", ""))


def test_a_network_that_is_none_stops_the_start(monkeypatch):
    from portal.settings import environment

    monkeypatch.setenv("SANAD_OUTBOUND_ALLOW", "10.0.0.0/8, 10.1.2.3/8")
    with pytest.raises(ValueError, match=r"SANAD_OUTBOUND_ALLOW.*has host bits set"):
        environment.networks("SANAD_OUTBOUND_ALLOW")


def test_a_forked_worker_looks_names_up_with_threads_of_its_own(resolver):
    resolver(hooks_example=["8.8.8.8"])
    outbound.check("https://hooks.example/")
    child = os.fork()
    if child == 0:
        try:
            known = [str(one) for one in names.look_up("hooks.example", 443, patience_s=3)] == ["8.8.8.8"]
        except names.UnknownName:
            known = False
        os._exit(0 if known else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
