"""Where Python lies, as workloads of the embedded engine see it: environments behind links, the system's, one's own."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from foundation.engines import WorkloadState
from foundation.engines.adapters.isolation import best_isolation
from foundation.engines.errors import EngineUnavailable
from tests.foundation.engines.embedded import ROOT, finished, spec, walled


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


AS_NOBODY = """
import sys
from pathlib import Path
from tests.foundation.engines.embedded import engine_at, finished, spec
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
from tests.foundation.engines.embedded import engine_at, finished, spec
from django.conf import settings
settings.configure(USE_I18N=False)
home = Path(sys.argv[1])
engine = engine_at(home)
engine.start(spec("a", "import os, sys; print('seen', sys.prefix, os.listdir('/usr/local/bin'))"))
print(finished(engine, "a").state, engine.logs("a")[0].decode())
engine.remove("a")
"""


@pytest.fixture(scope="module")
def python_alone(tmp_path_factory):
    """Where our Python lies by itself: the one of the system lies among all programs, and is copied."""
    base, folder = Path(sys.base_prefix).resolve(), tmp_path_factory.mktemp("python")
    if base != Path("/usr"):
        return base
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (folder / "bin").mkdir()
    shutil.copy(base / "bin" / name, folder / "bin" / name)
    (folder / "bin/python3").symlink_to(name)
    shutil.copytree(base / "lib" / name, folder / "lib" / name, symlinks=True)
    return folder


@pytest.mark.skipif(os.geteuid() != 0 or best_isolation() != "root", reason="needs root to mount")
@pytest.mark.parametrize("linked", [False, True])
def test_a_python_in_usr_local_is_seen_without_the_programs_beside_it(home, linked, python_alone):
    """In a mount namespace of its own our Python lies there, as it does in the image of the portal; or a link to it."""
    prefix = home / "python" if linked else Path("/usr/local")
    if linked:
        prefix.symlink_to("/usr/local")
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    env = {**os.environ, "PYTHONPATH": f"{ROOT}/platform:{ROOT}:{packages}", "PYTHONDONTWRITEBYTECODE": "1"}
    shown = 'mount --bind "$0" /usr/local && exec "$1/bin/python3" -c "$2" "$3"'
    command = ["sh", "-c", shown, str(python_alone), str(prefix), IN_LOCAL, str(home)]
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
