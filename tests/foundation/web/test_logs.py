"""What stands in the log: who reads it can open nothing with it."""

import json
import logging

from django.urls import get_resolver

from foundation.web.logs import JsonFormatter


def line(message, *args):
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, message, args, None)
    return json.loads(JsonFormatter().format(record))["message"]


def test_links_that_open_something_lose_their_secret():
    assert line("Unprocessable: %s", "/accounts/invitations/s3cret-token/") == "Unprocessable: /accounts/invitations/…/"
    assert line("Unprocessable: /accounts/setup/s3cret:x:y/") == "Unprocessable: /accounts/setup/…/"
    assert line("Not Found: /accounts/login/") == "Not Found: /accounts/login/"


def test_no_link_with_a_secret_in_its_address_was_forgotten():
    links = {pattern.name: str(pattern.pattern) for pattern in all_patterns() if ":secret>" in str(pattern.pattern)}
    assert "password_new" in links
    for name, route in links.items():
        address = "/" + route.replace("<str:secret>", "s3cret-token")
        assert "s3cret" not in line("Unprocessable Content: %s", address), name


def all_patterns(resolver=None):
    for one in (resolver or get_resolver()).url_patterns:
        yield from all_patterns(one) if hasattr(one, "url_patterns") else [one]
