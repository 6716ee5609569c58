"""The wheel alone reads features in the process: built here, opened where nothing of the repository is to be found."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Nothing but the wheel and what pip has installed: no PYTHONPATH (-I), no .pth that leads into a checkout (-S).
READING = """
import importlib.util, json, sys
sys.path[:0] = sys.argv[1:3]
assert importlib.util.find_spec("runtime") is None, "the repository is in reach"
import sanad
from sanad.readers import Reader
from sanad.runtime.online import OnlineView, Writer, prefix_of
from uuid import UUID
pk = UUID(int=7)
view = OnlineView(pk, "delays v1", prefix_of(pk), b"s" * 32, ("carrier",), ("delay",))
(name,) = view.names.of([{"carrier": "AA"}])
(value,) = Writer(view, 1).sealed([name], [[[1_000_000, 0, [50]]]])
class Store:
    def read(self, names):
        return [{name: value, view.marker: b"all"}.get(bytes(one)) for one in names]
def ask():
    from base64 import b64encode
    plan = [{"id": str(pk), "name": view.name, "secret": b64encode(view.secret).decode(), "join_keys": ["carrier"],
             "features": ["delay"], "wanted": ["delay"], "ttl_us": None, "event_time": "at", "masks": {}, "share": 0},
            {"on_demand": "context v1", "declared": {"seats": "number"},
             "inputs": [["delay", "number"], ["seats", "number"]],
             "sources": {"delay": str(pk)}, "features": [["each", "delay / seats"]], "hidden": []}]
    return {"plan": plan, "url": "", "expires_at": "2999-01-01T00:00:00Z"}
reader = Reader(ask, Store())
rows = reader.rows([{"carrier": "AA"}, {"carrier": "ZZ"}], [{"seats": 5}, {}])
print(json.dumps([sanad.__file__, [row["features"] for row in rows], [row["missing"] for row in rows]]))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """What `pip wheel platform/sdk` makes, unpacked as pip unpacks it."""
    at = tmp_path_factory.mktemp("wheel")
    left_out = shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
    for folder in ("sdk", "runtime"):
        shutil.copytree(ROOT / "platform" / folder, at / "platform" / folder, ignore=left_out)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(at)]
    done = subprocess.run([*command, str(at / "platform" / "sdk")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = at.glob("sanad-*.whl")
    with zipfile.ZipFile(made) as packed:
        packed.extractall(at / "installed")
    return at / "installed"


def run(code, *arguments):
    environment = {"PATH": os.environ["PATH"]}
    command = [sys.executable, "-I", "-S", "-c", code, *map(str, arguments)]
    return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)


def test_a_wheel_alone_reads_in_the_process(wheel):
    done = run(READING, wheel, sysconfig.get_path("purelib"))
    assert done.returncode == 0, done.stderr
    place, features, missing = json.loads(done.stdout)
    assert Path(place).is_relative_to(wheel)
    assert features == [{"delay": 50, "each": 10.0}, {"delay": None, "each": None}]
    assert missing == [[], ["delays v1"]]
    metadata = next(wheel.glob("sanad-*.dist-info/METADATA")).read_text()
    assert "Provides-Extra: features" in metadata and 'msgspec>=0.19; extra == "features"' in metadata
    # The same files, but for where they import from.
    for path in (wheel / "sanad" / "runtime").rglob("*.py"):
        source = ROOT / "platform" / "runtime" / path.relative_to(wheel / "sanad" / "runtime")
        assert path.read_text().replace("sanad.runtime", "runtime") == source.read_text(), path


def test_without_the_extra_it_says_what_to_install(wheel):
    code = """
import sys
from importlib.util import module_from_spec, spec_from_file_location
place = sys.argv[1] + "/sanad"
sys.path[:0] = [sys.argv[1]]
spec = spec_from_file_location("sanad", place + "/__init__.py", submodule_search_locations=[place])
sys.modules["sanad"] = module_from_spec(spec)
from sanad.readers import Reader
try:
    Reader(dict).read([{"carrier": "AA"}])
except Exception as error:
    print(type(error).__name__, error)
"""
    done = run(code, wheel)
    assert done.stdout.startswith("Failed Reading in the process needs ") and "sanad[features]" in done.stdout, done
