"""What holds for the embedded engine beyond the port: keepers, uids, namespaces, and machines that have none."""

from __future__ import annotations

import ast
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from foundation.engines import IsolationMissing, Mount, Reason, WorkloadSpec, WorkloadState
from foundation.engines.adapters.isolation import best_isolation, own_uid
from foundation.engines.adapters.process import ProcessEngine
from foundation.engines.errors import EngineUnavailable
from runtime.keeper import state as files
from runtime.keeper import watch

# On the machine that decides what lands there are walls: the last test here says so.
walled = pytest.mark.skipif(best_isolation() == "none", reason="this machine walls nothing off")

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def home():
    folder = Path(tempfile.mkdtemp(prefix="sanad-p", dir="/tmp"))
    (folder / "run").mkdir(mode=0o700)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def engine_at(home, isolation=None):
    return ProcessEngine(
        folder=home / "engines", run=home / "run", portal_url="http://127.0.0.1:8000", isolation=isolation
    )


@pytest.fixture
def engine(home):
    made = engine_at(home)
    yield made
    for name in made.list():
        made.remove(name)


def spec(name, code, **changes):
    given = {"name": name, "kind": "task", "module": "timeit", "args": ("-n1", "-r1", code), "memory_mb": 256}
    return WorkloadSpec(**{**given, **changes})


def until(condition):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come to pass in time")


def finished(engine, name):
    return until(lambda: (found := engine.status(name)).state.is_final and found)


SLEEPER = "import time; print('up', flush=True); time.sleep(120)"


def test_a_killed_keeper_takes_its_workload_along_and_is_told_as_lost(home, engine):
    engine.start(spec("a", SLEEPER))
    until(lambda: b"up" in engine.logs("a")[0])
    keeper = files.read_json(home / "engines/a" / files.STATE)["keeper_pid"]
    below = watch.descendants(keeper)
    assert below
    os.kill(keeper, signal.SIGKILL)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below))
    status = engine.status("a")
    assert (status.state, status.reason) == (WorkloadState.FAILED, Reason.LOST)
    assert "lost" in status.sentence


def test_state_and_secrets_are_closed_to_others(home, engine):
    engine.start(spec("a", "import os; print(len(os.environ['SECRET']))", env={"SECRET": "snd_very_secret"}))
    finished(engine, "a")
    assert (home / "engines").stat().st_mode & 0o077 == 0
    assert (home / "engines/a").stat().st_mode & 0o077 == 0
    for path in (home / "engines").rglob("*"):
        if path.is_file():
            assert b"snd_very_secret" not in path.read_bytes(), path


def test_no_descriptor_of_the_portal_leaks_into_a_workload(home, engine):
    with (home / "credentials").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        engine.start(spec("a", "import os; print('open', sorted(map(int, os.listdir('/proc/self/fd')))[:-1])"))
        finished(engine, "a")
    assert b"open [0, 1, 2]" in engine.logs("a")[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives each workload a uid of its own")
def test_each_workload_has_a_uid_of_its_own(engine):
    for name in ("a", "b"):
        engine.start(spec(name, "import os; print('uid', os.getuid(), os.getgid(), os.getgroups())"))
        finished(engine, name)
    said = {engine.logs(name)[0].split(b"uid ")[1].splitlines()[0] for name in ("a", "b")}
    assert said == {b"61000 61000 []", b"61001 61001 []"}


def test_uids_run_out_with_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("foundation.engines.adapters.isolation.UIDS", range(61000, 61001))
    (tmp_path / "a").mkdir()
    files.write_json(tmp_path / "a" / files.STATE, {"uid": 61000})
    with pytest.raises(EngineUnavailable, match="holds 1 workloads"):
        own_uid(tmp_path, ["a"])


def test_own_code_is_refused_where_nothing_can_wall_it_off(home):
    plain = engine_at(home, isolation="none")
    with pytest.raises(IsolationMissing, match="COMPUTE_ENGINE=docker"):
        plain.start(spec("a", "pass", own_code=True))
    assert plain.list() == []


def test_recipes_run_even_there_with_the_machines_paths_for_mounts(home):
    plain = engine_at(home, isolation="none")
    (home / "model").mkdir()
    (home / "model/weights").write_text("42 grams")
    code = "import os; print(open(os.environ['WEIGHTS']).read())"
    plain.start(spec("a", code, env={"WEIGHTS": "/model/weights"}, mounts=(Mount(home / "model", "/model"),)))
    assert finished(plain, "a").state is WorkloadState.SUCCEEDED
    assert b"42 grams" in plain.logs("a")[0]
    plain.remove("a")


def test_orphans_are_ended_even_there(home):
    plain = engine_at(home, isolation="none")
    code = """
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(120)
print('child', flush=True)
time.sleep(120)
"""
    plain.start(spec("a", code))
    until(lambda: b"child" in plain.logs("a")[0])
    keeper = files.read_json(home / "engines/a" / files.STATE)["keeper_pid"]
    below = watch.descendants(keeper)
    plain.stop("a", grace_s=0.2)
    assert not any(Path(f"/proc/{pid}").exists() for pid in below)
    plain.remove("a")


@walled
def test_an_environment_behind_links_is_seen_inside_the_walls(home, engine, monkeypatch):
    """`.venv` may be a link to where several share it, its interpreter a link over others to the one of the system."""
    shared, links = home / "shared", home / "links"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", shared], check=True)
    links.mkdir()
    interpreter = shared / "bin/python"
    (links / "again").symlink_to(Path(sys.executable).resolve())
    (links / "python").symlink_to("again")
    interpreter.unlink()
    interpreter.symlink_to(links / "python")
    (home / "between").symlink_to(shared)
    (home / ".venv").symlink_to("between")
    monkeypatch.setattr(sys, "executable", str(home / ".venv/bin/python"))
    engine.start(spec("a", "import sys; print('prefix', sys.prefix)"))
    ended = finished(engine, "a")
    assert (ended.state, f"prefix {home}/.venv".encode() in engine.logs("a")[0]) == (WorkloadState.SUCCEEDED, True)


@walled
def test_an_environment_below_a_linked_folder_is_seen_inside_the_walls(home, engine, monkeypatch):
    """Each release has a link to the environment they share, in words that start from the release itself."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "s/shared/venv"], check=True)
    (home / "s/releases/5").mkdir(parents=True)
    (home / "s/current").symlink_to("releases/5")
    (home / "s/releases/5/.venv").symlink_to("../../shared/venv")
    monkeypatch.setattr(sys, "executable", str(home / "s/current/.venv/bin/python"))
    engine.start(spec("a", "import sys; print('prefix', sys.prefix)"))
    ended, said = finished(engine, "a"), engine.logs("a")[0]
    assert (ended.state, f"prefix {home}/s/current/.venv".encode() in said) == (WorkloadState.SUCCEEDED, True), said


@walled
def test_what_is_more_than_python_is_refused_with_a_sentence(home, engine, monkeypatch):
    """Python takes a folder for its environment already where the interpreter lies beside a `pyvenv.cfg`."""
    (home / "much/bin").mkdir(parents=True)
    (home / "much/bin/python").symlink_to(Path(sys.executable).resolve())
    (home / "much/bin/pyvenv.cfg").write_text(f"home = {Path(sys.executable).resolve().parent}\n")
    (home / ".venv").symlink_to("much")
    monkeypatch.setattr(sys, "executable", str(home / ".venv/bin/python"))
    with pytest.raises(EngineUnavailable, match=rf"{home}/.venv leads to {home}/much, neither .* make a virtual env"):
        engine.start(spec("a", "pass"))
    assert engine.list() == []


def test_half_a_start_is_begun_anew(home, engine):
    (home / "engines/a").mkdir(parents=True)
    engine.start(spec("a", "print('here')"))
    assert finished(engine, "a").state is WorkloadState.SUCCEEDED


def test_a_socket_path_that_the_kernel_cannot_take_is_refused(tmp_path):
    deep = tmp_path / ("x" * 100)
    with pytest.raises(EngineUnavailable, match="too long for a socket"):
        engine_at(deep).socket_path("a")


def test_a_log_without_line_ends_is_kept_too(engine):
    engine.start(spec("a", "import os; os.write(1, b'x' * 200_000); os.write(1, b'end')"))
    finished(engine, "a")
    assert engine.logs("a")[0].count(b"x") >= 200_000
    assert b"end" in engine.logs("a")[0]


AS_NOBODY = """
import sys
from pathlib import Path
from tests.foundation.engines.test_process import engine_at, finished, spec
from foundation.engines.adapters.isolation import best_isolation
from django.conf import settings
settings.configure(USE_I18N=False)
home = Path(sys.argv[1])
(home / "run").mkdir(mode=0o700)
(home / "credentials").write_text("secret")
engine = engine_at(home)
code = f"import os; print('seen', os.path.exists({str(home)!r}), os.getuid())"
engine.start(spec("a", code, own_code=True))
print(best_isolation(), finished(engine, "a").state, engine.logs("a")[0].decode())
engine.remove("a")
print(engine.list())
"""


@pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/usr/bin/python3.11").exists(), reason="needs root and a Python of all"
)
def test_somebody_who_is_not_root_gets_namespaces_of_his_own(home):
    """Runs the engine as uid 65534 with the system's Python, since ours may lie under a closed home."""
    if not _allows_user_namespaces():
        pytest.skip("this kernel allows no user namespaces")
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    mine = home / "nobody"
    mine.mkdir()
    os.chown(mine, 65534, 65534)
    home.chmod(0o755)
    env = {"PYTHONPATH": f"{ROOT}/platform:{ROOT}:{packages}", "PYTHONDONTWRITEBYTECODE": "1"}
    command = ["/usr/bin/python3.11", "-c", AS_NOBODY, str(mine)]
    done = subprocess.run(
        ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *command],
        env=env, cwd="/", capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("user succeeded"), done.stdout
    assert "seen False 65534" in done.stdout
    assert done.stdout.endswith("[]\n")


IN_LOCAL = """
import sys
from pathlib import Path
from tests.foundation.engines.test_process import engine_at, finished, spec
from django.conf import settings
settings.configure(USE_I18N=False)
home = Path(sys.argv[1])
engine = engine_at(home)
engine.start(spec("a", "import os, sys; print('seen', sys.prefix, os.listdir('/usr/local/bin'))"))
print(finished(engine, "a").state, engine.logs("a")[0].decode())
engine.remove("a")
"""


@pytest.mark.skipif(
    os.geteuid() != 0 or best_isolation() != "root" or Path(sys.base_prefix) == Path("/usr"),
    reason="needs root, and a Python that can be shown elsewhere",
)
@pytest.mark.parametrize("linked", [False, True])
def test_a_python_in_usr_local_is_seen_without_the_programs_beside_it(home, linked):
    """In a mount namespace of its own our Python lies there, as it does in the image of the portal; or a link to it."""
    prefix = home / "python" if linked else Path("/usr/local")
    if linked:
        prefix.symlink_to("/usr/local")
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    env = {**os.environ, "PYTHONPATH": f"{ROOT}/platform:{ROOT}:{packages}", "PYTHONDONTWRITEBYTECODE": "1"}
    shown = 'mount --bind "$0" /usr/local && exec "$1/bin/python3" -c "$2" "$3"'
    command = ["sh", "-c", shown, str(Path(sys.base_prefix).resolve()), str(prefix), IN_LOCAL, str(home)]
    done = subprocess.run(
        ["unshare", "--mount", *command],
        env=env, cwd="/", capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("succeeded"), done.stdout
    seen = ast.literal_eval(done.stdout.split(f"seen {prefix} ")[1].splitlines()[0])
    assert {name.rstrip("0123456789.") for name in seen} == {"python"}


def _allows_user_namespaces():
    command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "unshare", "-U", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_this_machine_can_wall_workloads_off():
    assert best_isolation() in ("root", "user", "none")
    if os.geteuid() == 0 and os.environ.get("CI") == "true":
        assert best_isolation() == "root"
