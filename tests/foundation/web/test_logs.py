"""What stands in the log: who reads it can open nothing with it."""

import json
import logging

from foundation.web.logs import JsonFormatter


def line(message, *args):
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, message, args, None)
    return json.loads(JsonFormatter().format(record))["message"]


def test_links_that_open_something_lose_their_secret():
    assert line("Unprocessable: %s", "/accounts/invitations/s3cret-token/") == "Unprocessable: /accounts/invitations/…/"
    assert line("Unprocessable: /accounts/setup/s3cret:x:y/") == "Unprocessable: /accounts/setup/…/"
    assert line("Not Found: /accounts/login/") == "Not Found: /accounts/login/"
