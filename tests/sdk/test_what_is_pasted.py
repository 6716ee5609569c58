"""What people paste as address and token: a placeholder, a slip or a word of another script is named, not sent."""

from __future__ import annotations

import pytest

from sanad import Client
from sanad.cli import main

URL = "http://127.0.0.1:9"


@pytest.mark.parametrize("token", ["snd_…", "snd_...", "snd_abc…"])
def test_a_placeholder_is_called_one_and_said_where_tokens_are_made(token, capsys):
    assert main(["--url", URL, "--token", token, "project", "list"]) == 2
    said = capsys.readouterr().err
    assert said == (
        f"{token} only stands for a token: make one in the portal under Settings, Tokens, and give it whole.\n"
    )


@pytest.mark.parametrize("token", ["snd_é", "رمز", "snd_a b", "snd_a\u200bb", "snd_a\nb"])
def test_a_token_with_a_sign_that_no_token_holds_is_to_be_copied_again(token):
    with pytest.raises(ValueError, match=r"copy it again, or make one in the portal"):
        Client(URL, token)


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "http://127.0.0.1…", "http://…", "https://", "http://[", "ftp://a"])
def test_an_address_that_leads_nowhere_is_refused_with_one_that_does(url, capsys):
    assert main(["--url", url, "--token", "snd_a", "project", "list"]) == 2
    said = capsys.readouterr().err
    assert repr(url) in said and "looks like http://127.0.0.1:8000" in said


def test_blanks_around_and_names_of_another_script_do_no_harm():
    with Client(" http://سند.example/ ", " snd_a\n") as client:
        assert (client.url, client.transport.token) == ("http://سند.example", "snd_a")
