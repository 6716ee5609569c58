"""Which folders of the machine are shown to a workload because the interpreter and its packages lie there."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from runtime.keeper import view

ROOT = Path(__file__).resolve().parents[2]
CIRCLE = """
import sys
from runtime.keeper import view
sys.path.append(sys.argv[1])
print(*view.interpreter_folders(), sep="\\n")
"""


def test_links_in_a_circle_are_gone_over_once(tmp_path):
    """In a process of its own, which is ended where it would go round and round."""
    (tmp_path / "site-packages").symlink_to("other")
    (tmp_path / "other").symlink_to(tmp_path / "site-packages")
    command = [sys.executable, "-c", CIRCLE, str(tmp_path / "site-packages")]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "platform")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    assert str(tmp_path) not in done.stdout
    python = Path(sys.executable).resolve()
    # One that the system brings is named alone.
    assert str(python if python.parents[1] in view.PROGRAMS else python.parents[1]) in done.stdout.splitlines()


class Account(NamedTuple):
    pw_dir: str


@pytest.fixture
def running(tmp_path, monkeypatch):
    """Lets Python run from an environment of its own, `venv`; or from what is a link with this name."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv/bin/python"))
    return tmp_path


def made_in(folder):
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").symlink_to(Path(sys.base_prefix) / "bin/python3")
    (folder / "pyvenv.cfg").write_text(f"home = {sys.base_prefix}/bin\n")
    return folder


def test_an_environment_is_shown_where_it_is_and_where_links_to_it_end(running):
    shared = made_in(running / "shared")
    (running / "venv").symlink_to("shared")
    shown = view.interpreter_folders()
    assert {running / "venv", shared} < set(shown)
    assert not any(path.is_relative_to(shared) for path in shown if path != shared)


def test_an_installation_behind_a_link_is_shown(running, monkeypatch):
    made_in(running / "venv")
    for lib in ("lib", "lib64"):
        (running / lib / lib / "python3.11").mkdir(parents=True)
        (running / lib / lib / "python3.11/os.py").touch()
        (running / f"{lib}-link").symlink_to(lib)
        monkeypatch.setattr(sys, "base_prefix", str(running / f"{lib}-link"))
        assert {running / lib, running / f"{lib}-link", running / "venv"} < set(view.interpreter_folders())


def test_packages_behind_a_link_are_shown_and_another_folder_is_refused(running, monkeypatch):
    made_in(running / "venv")
    plain, packages, others = sys.path, running / "shared/site-packages", running / "shared/others"
    for number, folder in enumerate((packages, others)):
        folder.mkdir(parents=True)
        (running / f"{number}-site-packages").symlink_to(folder)
    monkeypatch.setattr(sys, "path", [*plain, str(running / "0-site-packages")])
    assert packages in view.interpreter_folders()
    monkeypatch.setattr(sys, "path", [*plain, str(running / "1-site-packages")])
    with pytest.raises(ValueError, match=rf"1-site-packages leads to {others}, neither .* make a virtual environment"):
        view.interpreter_folders()


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("home", ["HOMES", "ROOTS_HOME"])
def test_no_home_is_shown_as_a_whole(running, monkeypatch, home, linked):
    whole = made_in(running / "homes/somebody")
    monkeypatch.setattr(view, home, whole.parent if home == "HOMES" else whole)
    if linked:
        (running / "venv").symlink_to(whole)
    else:
        monkeypatch.setattr(sys, "prefix", str(whole))
        monkeypatch.setattr(sys, "executable", str(whole / "bin/python"))
    with pytest.raises(ValueError, match=rf"Python lies in {whole} itself, .* make a virtual environment"):
        view.interpreter_folders()


def test_an_environment_in_a_folder_of_a_home_is_shown(running, monkeypatch):
    venv = made_in(running / "homes/somebody/venv")
    monkeypatch.setattr(view, "HOMES", running / "homes")
    (running / "venv").symlink_to(venv)
    assert venv in view.interpreter_folders()


def test_the_whole_machine_is_not_shown(running):
    (running / "venv").symlink_to("/")
    with pytest.raises(ValueError, match="Python lies in / itself"):
        view.interpreter_folders()


@pytest.mark.parametrize("said", ["/usr/bin/..", "//usr", "/usr/local/../local", "/usr/local/.."])
def test_programs_are_not_shown_by_another_name(running, monkeypatch, said):
    """What a `pyvenv.cfg` says of its home Python takes as it stands."""
    made_in(running / "venv")
    monkeypatch.setattr(sys, "base_prefix", said)
    shown = view.interpreter_folders()
    assert not any(path.exists() and path.samefile(programs) for path in shown for programs in view.PROGRAMS)
    assert not any(".." in path.parts or str(path).startswith("//") for path in shown)


def test_steps_back_go_over_links_as_they_stand(running, monkeypatch):
    made_in(running / "venv")
    (running / "deep/python/bin").mkdir(parents=True)
    (running / "deep/python/lib/python3.11").mkdir(parents=True)
    (running / "deep/python/lib/python3.11/os.py").touch()
    (running / "link").symlink_to("deep/python")
    monkeypatch.setattr(sys, "base_prefix", str(running / "link/bin/.."))
    assert {running / "link", running / "deep/python"} < set(view.interpreter_folders())
    monkeypatch.setattr(sys, "base_prefix", str(running / "link/../python"))
    assert running / "deep/python" in view.interpreter_folders()


@pytest.mark.parametrize("place", ["", ".sanad/engines/a"])
def test_what_holds_the_state_of_the_portal_is_not_shown(running, place):
    """An environment made in the clone itself has it beside the code; workloads may run as who owns it."""
    venv = made_in(running / "venv")
    state = venv / place
    state.mkdir(parents=True, exist_ok=True)
    assert venv in view.interpreter_folders(running / "other")
    with pytest.raises(ValueError, match=rf"Python lies in {venv} itself, .* make a virtual environment"):
        view.interpreter_folders(state)


@pytest.mark.parametrize("home", ["venv", "venv/nested/somebody"])
def test_the_home_of_the_portals_account_is_not_shown_wherever_homes_lie(running, monkeypatch, home):
    venv = made_in(running / "venv")
    account = pwd.getpwuid(os.geteuid())
    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: Account(str(running / home)))
    (running / home).mkdir(parents=True, exist_ok=True)
    with pytest.raises(ValueError, match=rf"Python lies in {venv} itself"):
        view.interpreter_folders()
    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: account)
    assert venv in view.interpreter_folders()
