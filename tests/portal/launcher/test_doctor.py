from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest

from portal.launcher import machine, walls
from portal.launcher.findings import Finding, Health, as_json, as_text, ok, sick
from portal.launcher.home import ROOT, Home, create_root, furnish


@pytest.fixture
def home(tmp_path) -> Home:
    home = Home(tmp_path / "state")
    create_root(home)
    furnish(home)
    return home


def doctor(home: Home, **more: str) -> tuple[int, dict[str, Finding]]:
    done = subprocess.run(
        [sys.executable, "-m", "portal.launcher", "doctor", "--json", "--home", str(home.root)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "platform"), **more},
        capture_output=True,
        text=True,
        check=False,
    )
    found = [Finding(**each) for each in json.loads(done.stdout)["findings"]]
    return done.returncode, {each.check: each for each in found}


def test_each_sick_finding_says_how_to_mend_it(home):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        code, found = doctor(home, SANAD_PORT=str(port), COMPUTE_ENGINE="abacus")
    assert code == 1
    assert found["port"].health == "sick"
    assert str(port) in found["port"].says
    assert found["engine"].health == "sick"
    assert all(each.mend for each in found.values() if each.health == "sick")


def test_a_newer_state_is_sick_and_nothing_of_it_is_examined(home):
    home.version_file.write_text('{"schema": 99}')
    code, found = doctor(home)
    assert code == 1
    assert "newer" in found["state"].says
    assert "database" not in found


def test_a_misspelt_name_is_noted_with_the_right_one():
    found = machine.unknown_names({"SANAD_HOEM": "x", "SANAD_HOME": "y", "SANAD_SECRET_KEY_FILE": "z"})
    assert [(each.health, each.mend) for each in found] == [(Health.NOTE, "Did you mean SANAD_HOME?")]


def test_a_secret_that_others_may_read_is_sick(home):
    (home.secrets / "gateway").write_text("x")
    (home.secrets / "gateway").chmod(0o644)
    finding = machine.rights(home)
    assert finding.health is Health.SICK
    assert str(home.secrets / "gateway") in finding.mend


def test_a_container_engine_that_does_not_answer_is_sick(tmp_path):
    nobody = {"COMPUTE_ENGINE": "docker", "DOCKER_HOST": f"unix://{tmp_path}/podman.sock"}
    assert machine.engine(nobody).health is Health.SICK
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "podman.sock"))
        listener.listen()
        assert machine.engine(nobody).health is Health.OK


def test_text_and_json_agree_on_whether_all_is_well():
    well, unwell = [ok("a", "fine")], [ok("a", "fine"), sick("b", "broken", "mend it")]
    assert "All is well." in as_text(well)
    assert json.loads(as_json(well))["ok"] is True
    assert "1 of 2 checks need mending." in as_text(unwell)
    assert "→ mend it" in as_text(unwell)
    assert json.loads(as_json(unwell))["ok"] is False


def test_a_portal_that_nobody_can_report_a_weakness_to_is_noted():
    noted = machine.security_contact({})
    assert noted.health is Health.NOTE and "SANAD_SECURITY_CONTACT" in noted.mend
    assert machine.security_contact({"SANAD_SECURITY_CONTACT": "security@acme.test"}).health is Health.OK


@pytest.mark.parametrize(
    ("kind", "health", "words"),
    [
        ("root", "ok", "a user, files"),
        ("user", "ok", "the user is the portal's"),
        ("none", "note", "own code is refused"),
    ],
)
def test_how_runs_are_kept_apart_is_said(monkeypatch, kind, health, words):
    monkeypatch.setattr(walls, "best_isolation", lambda: kind)
    found = walls.runs({})
    assert (found.health, words in found.says) == (health, True)
    assert "container without network" in walls.runs({"COMPUTE_ENGINE": "docker"}).says


def test_the_walls_of_sql_and_files_are_tried_not_guessed(monkeypatch):
    assert walls.sandbox().health is Health.OK
    monkeypatch.setattr(walls, "_TRY", "print('files')")
    lacking = walls.sandbox()
    assert (lacking.health, "Landlock" in lacking.says, "namespaces" in lacking.mend) == (Health.SICK, True, True)
