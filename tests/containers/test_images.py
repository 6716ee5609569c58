"""The images as they are built: what is in them, who runs in them, and what building them says."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
import yaml

from runtime import VERSION
from tests.containers import podman

ROOT = Path(__file__).resolve().parents[2]


def build_script():
    found = importlib.util.spec_from_file_location("build_images", ROOT / "docker" / "build.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def run():
    client = podman.client()

    def in_container(code):
        return client.containers.run(
            podman.IMAGE, ["python", "-c", code], network_mode="none", read_only=True, cap_drop=["ALL"], remove=True
        ).decode()

    return in_container


@pytest.mark.containers
def test_the_runtime_image_runs_as_nobody_in_particular_and_knows_no_portal(run):
    code = """
import importlib.util, json, os
known = {name: importlib.util.find_spec(name) is not None for name in ("runtime", "django", "portal", "apps", "mlflow")}
print(json.dumps({"uid": os.getuid(), "writable": os.access("/opt/sanad", os.W_OK), **known}))
"""
    assert json.loads(run(code)) == {
        "uid": 10001,
        "writable": False,
        "runtime": True,
        "django": False,
        "portal": False,
        "apps": False,
        "mlflow": True,
    }


@pytest.mark.containers
def test_the_runtime_image_holds_the_pinned_packages_and_this_code(run):
    code = (
        "import json; from runtime.training.manifest import *; print(json.dumps([code_digest(), package_versions()]))"
    )
    digest, packages = json.loads(run(code))
    pins = _pins(ROOT / "requirements/runtime.txt")
    assert {name: packages[name].partition("+")[0] for name in pins} == pins
    from runtime.training.manifest import code_digest

    if digest != code_digest():
        podman.give_up("platform/runtime has changed since the image was built: run .ci/containers")


def test_pins_of_the_image_agree_with_those_of_the_portal():
    """A model that was fitted in a container is compared and explained by the portal's own packages."""
    pins = [_pins(ROOT / "requirements" / f"{name}.txt") for name in ("runtime", "base")]
    both = pins[0].keys() & pins[1].keys()
    assert {name: pins[0][name] for name in both} == {name: pins[1][name] for name in both}
    assert {"scikit-learn", "onnxruntime", "numpy", "pyarrow"} <= both


def _pins(path):
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return {name.lower().replace("_", "-"): pin for name, pin in (line.split("==") for line in lines if "==" in line)}


def test_build_commands_name_file_tag_base_and_wheels(tmp_path):
    build = build_script()
    command = build.build_command("podman", "runtime", "python:3.11-slim", tmp_path)
    assert command[:2] == ["podman", "build"]
    assert f"localhost/sanad-runtime:{VERSION}" in command
    assert "BASE_IMAGE=python:3.11-slim" in command
    assert f"{tmp_path}:/wheelhouse:ro" in command
    with pytest.raises(SystemExit, match="--wheelhouse needs podman"):
        build.build_command("docker", "runtime", None, tmp_path)


def test_without_podman_and_docker_building_says_so(monkeypatch):
    build = build_script()
    monkeypatch.setattr(build.shutil, "which", lambda _name: None)
    with pytest.raises(SystemExit, match="Neither podman nor docker"):
        build.builder()


def test_compose_gives_the_portal_no_privilege_and_no_superuser():
    services = yaml.safe_load((ROOT / "docker/compose.yaml").read_text())["services"]
    portal = services["portal"]
    assert portal["cap_drop"] == ["ALL"]
    assert portal["read_only"] is True
    assert portal["environment"]["DATABASE_URL"].startswith("postgresql://sanad_portal:")
