"""The command line: exit codes, errors in words, JSON for programs and tables for people, a profile of one's own."""

from __future__ import annotations

import argparse
import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sanad import output, profile
from sanad.cli import PARTS, main, parser

NOTHING = "00000000-0000-4000-8000-000000000000"


def test_a_list_is_one_line_of_json_a_row_for_programs(sanad):
    code, answered, _ = sanad("project", "list")
    rows = [json.loads(line) for line in answered.splitlines()]
    assert code == 0
    assert "flights" in [row["slug"] for row in rows]


def test_options_stand_before_or_after_the_command(portal, tokens, capsys):
    where, who = ["--url", portal.url], ["--token", tokens["scientist"]]
    for words in (
        [*where, *who, "project", "list"],
        ["project", "list", *where, *who],
        [*who, "project", "list", *where],
    ):
        assert main(words) == 0
        assert "flights" in capsys.readouterr().out


def _every(above, words=()):
    """Each command's words and parser."""
    below = [act.choices for act in above._actions if isinstance(act, argparse._SubParsersAction)]
    if not below:
        yield words, above
    for choices in below:
        for name, one in choices.items():
            yield from _every(one, (*words, name))


def test_no_value_of_a_command_hides_what_runs_it():
    """A value is kept under its name beside what the command is run by: one of the same name would be called."""
    ours = {"command", "opening"}
    hidden = [words for words, one in _every(parser()) if ours & {act.dest for act in one._actions}]
    assert hidden == []


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__.rpartition(".")[2])
def test_the_first_words_of_a_part_are_those_it_declares(part):
    """A word that is missing there would be read with all the others declared; one too many would be refused."""
    root = argparse.ArgumentParser()
    acts = root.add_subparsers()
    part.add_to(acts)
    assert tuple(acts.choices) == PARTS[part]


@pytest.mark.parametrize(
    ("words", "said"), [(["data"], "invalid choice: 'data'"), (["dataset", "psh"], "'psh'"), ([], "COMMAND")]
)
def test_a_word_that_is_no_command_is_answered_with_those_that_are(words, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    told = capsys.readouterr().err
    assert ended.value.code == 2 and said in told
    assert ("webhook" in told) is (words == ["data"]), "all first words, and only where a first word is in question"


def test_a_list_is_a_table_on_a_terminal_and_json_there_too_when_asked(sanad, monkeypatch):
    monkeypatch.setattr("sanad.output.sys.stdout.isatty", lambda: True, raising=False)
    head, *rows = sanad("project", "list")[1].splitlines()
    assert head.split() == ["SLUG", "NAME", "PURPOSE"]
    assert any(row.startswith("flights") for row in rows)
    assert json.loads(sanad("--json", "project", "list")[1].splitlines()[0])["slug"]


def test_a_table_shows_figures_as_people_read_them(monkeypatch, capsys):
    row = {"mean": 35.66032564450479, "share": 3.829216925138809e-05, "psi": None, "rows": 1_234_567.0, "masked": False}
    output.table([row], list(row), as_json=True)
    assert json.loads(capsys.readouterr().out) == row
    monkeypatch.setattr("sanad.output.sys.stdout.isatty", lambda: True, raising=False)
    output.table([row], list(row), as_json=False)
    told = capsys.readouterr().out.splitlines()[1].split()
    assert told == ["35.660326", "3.83e-05", "–", "1234567.0", "False"]


@pytest.mark.parametrize("as_json", [True, False])
def test_a_terminal_obeys_nothing_that_stands_in_a_row(monkeypatch, capsys, as_json):
    """Names and values are strangers'; one of them could clear the screen, or answer in the place of who reads it."""
    monkeypatch.setattr("sanad.output.sys.stdout.isatty", lambda: True, raising=False)
    row = {"na\x1b[2Jme": "a\x1b]52;c;eA==\x07b", "other": "x\r\x9b2Ky\u202e"}
    output.table([row], list(row), as_json=as_json)
    output.show(row, as_json=as_json)
    printed = capsys.readouterr().out
    assert [sign for sign in printed if sign != "\n" and (not sign.isprintable() or sign == "\u202e")] == []
    assert r"x\u000d\u009b2Ky\u202e" in printed.replace(r"\r", r"\u000d")


def test_one_thing_is_one_object(sanad):
    code, answered, _ = sanad("project", "create", "second", "--purpose", "Another model")
    assert code == 0
    assert json.loads(answered)["slug"] == "second"


def test_what_is_wrong_with_a_field_is_said_beside_its_name(sanad):
    code, answered, said = sanad("project", "create", "Not A Slug", "--purpose", "x")
    assert code == 1
    assert answered == ""
    assert said.startswith("slug: ") and said.count("small letters") == 1
    assert "Quote " in said


def test_a_refusal_is_the_portals_own_sentence_with_exit_code_4(sanad):
    code, answered, said = sanad("project", "create", "third", "--purpose", "x", role="viewer")
    assert code == 4
    assert answered == ""
    assert "may" in said.splitlines()[0]


def test_an_unknown_token_is_denied(sanad):
    code, _, said = sanad("project", "list", role="snd_nobody-has-this-one")
    assert code == 4
    assert "token" in said.lower()


def test_what_is_not_there_has_exit_code_3(sanad, tmp_path):
    assert sanad("logs", NOTHING)[0] == 3
    code, _, said = sanad("dataset", "get", NOTHING, str(tmp_path / "rows.parquet"))
    assert code == 3
    assert "Traceback" not in said


def test_a_portal_that_is_away_is_said_and_named(sanad):
    code, _, said = sanad("doctor", url="http://127.0.0.1:9")
    assert code == 1
    assert said.startswith("http://127.0.0.1:9 does not answer")


def test_a_file_that_is_not_there_is_named(sanad):
    code, _, said = sanad("dataset", "push", "/nowhere/flights.csv")
    assert code == 2
    assert said == "/nowhere/flights.csv: No such file or directory.\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["dataset", "push", "a.csv", "--options", "{missing}"], "this is no JSON"),
        (["run", "submit"], "--training-set"),
        (["no-such-command"], "invalid choice"),
    ],
)
def test_wrong_use_has_exit_code_2_and_says_what(sanad, capsys, words, sentence):
    with pytest.raises(SystemExit) as ended:
        sanad(*words)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_parameter_without_a_value_is_refused_before_anything_is_asked(sanad):
    code, _, said = sanad("run", "submit", "--training-set", NOTHING, "--param", "max_iter")
    assert code == 2
    assert said == "A parameter is NAME=VALUE, and 'max_iter' is not.\n"


def test_who_says_neither_address_nor_token_is_told_how(capsys):
    assert main(["project", "list"]) == 2
    assert "sanad login --url URL --token snd_…" in capsys.readouterr().err


def test_login_keeps_a_profile_that_only_its_owner_reads(sanad, portal, tokens, capsys):
    place = profile.path()
    place.parent.mkdir(parents=True)
    place.write_text("{}")
    place.chmod(0o644)
    assert sanad("login")[0] == 0
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert profile.load() == profile.Profile(portal.url, tokens["scientist"], "flights")
    assert main(["project", "list"]) == 0
    assert "flights" in capsys.readouterr().out


def test_login_keeps_nothing_that_the_portal_refuses(sanad):
    assert sanad("login", role="snd_nobody-has-this-one")[0] == 4
    assert not profile.path().exists()


def test_the_environment_is_stronger_than_the_profile_and_options_than_both(monkeypatch, portal, tokens, sanad):
    profile.save(profile.Profile("http://127.0.0.1:9", "snd_kept", "kept"))
    monkeypatch.setenv("SANAD_URL", portal.url)
    assert profile.load() == profile.Profile(portal.url, "snd_kept", "kept")
    assert sanad("project", "list")[0] == 0


def test_a_damaged_profile_is_named(capsys):
    place = profile.path()
    place.parent.mkdir(parents=True)
    place.write_text("{half")
    assert main(["project", "list"]) == 2
    assert f"The profile {place} is damaged" in capsys.readouterr().err


def test_no_django_is_loaded_by_the_client():
    loaded = "import sys, sanad.cli; print(sorted(name for name in sys.modules if name.startswith('django')))"
    path = {"PYTHONPATH": str(Path(profile.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, env=path)
    assert done.stdout == "[]\n"
