"""Signing in without a token on the command line, and with a project that is there."""

from __future__ import annotations

import io

import pytest

from sanad import profile
from sanad.cli import main


@pytest.fixture
def piped(monkeypatch):
    """What stands on standard input, which is no terminal."""

    def pipe(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    return pipe


@pytest.fixture
def at_a_terminal(monkeypatch):
    """A person who types this when asked; how often they were."""
    asked: list[str] = []

    def type_in(text: str) -> list[str]:
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("sanad.commands.login.getpass", lambda prompt: asked.append(prompt) or text)
        return asked

    return type_in


def test_the_token_is_asked_for_on_a_terminal(portal, tokens, at_a_terminal, capsys):
    asked = at_a_terminal(f" {tokens['scientist']} ")
    assert main(["login", "--url", portal.url, "--project", "flights"]) == 0
    assert profile.load() == profile.Profile(portal.url, tokens["scientist"], "flights")
    assert len(asked) == 1
    said = capsys.readouterr().err
    assert f"make one in the portal under Settings, Tokens at {portal.url}" in said
    assert tokens["scientist"] not in said


def test_the_token_is_read_from_what_is_piped(portal, tokens, piped):
    piped(f"{tokens['scientist']}\n")
    assert main(["login", "--url", portal.url]) == 0
    assert profile.load().token == tokens["scientist"]


def test_without_any_token_the_ways_to_give_one_are_said(piped, capsys):
    piped("")
    assert main(["login", "--url", "http://127.0.0.1:9"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("No token was given: make one in the portal under Settings, Tokens at http://127.0.0.1:9")
    assert "SANAD_TOKEN" in said and "http://127.0.0.1:9 < FILE" in said


def test_a_kept_token_goes_to_its_own_portal_alone(portal, tokens, piped):
    profile.save(profile.Profile(portal.url, tokens["scientist"], ""))
    piped("")
    assert main(["login", "--url", portal.url, "--project", "flights"]) == 0
    assert profile.load().project == "flights"
    assert main(["login", "--url", "http://127.0.0.1:9"]) == 2


def test_a_project_that_is_not_there_is_refused_with_those_that_are(portal, tokens, capsys):
    where = ["--url", portal.url, "--token", tokens["scientist"]]
    assert main(["login", *where, "--project", "nonexistent"]) == 3
    said = capsys.readouterr().err
    assert "There is no project 'nonexistent'" in said
    assert "flights" in said.split("Projects:")[1]
    assert not profile.path().exists()


def test_a_project_left_over_from_another_portal_is_let_go(portal, tokens):
    profile.save(profile.Profile("http://127.0.0.1:9", "snd_old", "long-ago"))
    assert main(["login", "--url", portal.url, "--token", tokens["scientist"]]) == 0
    assert profile.load() == profile.Profile(portal.url, tokens["scientist"], "")


def test_a_project_without_a_purpose_is_asked_for_one_before_anything_is_sent(sanad, capsys):
    with pytest.raises(SystemExit) as ended:
        sanad("project", "create", "aimless")
    assert ended.value.code == 2
    assert "--purpose" in capsys.readouterr().err
