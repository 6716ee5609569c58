"""The container engine of this machine, or the reason why there is none; with CI=true a missing one is a failure."""

from __future__ import annotations

import os
from pathlib import Path

import docker
import pytest

from runtime import VERSION

IMAGE = os.environ.get("SANAD_RUNTIME_IMAGE", f"localhost/sanad-runtime:{VERSION}")
SOCKETS = ("/run/podman/podman.sock", "/var/run/docker.sock")


def host() -> str:
    """Where the engine answers."""
    found = os.environ.get("DOCKER_HOST") or next((f"unix://{path}" for path in SOCKETS if Path(path).is_socket()), "")
    return found or give_up("No container engine answers here; run .ci/containers first.")


def client() -> docker.DockerClient:
    found = docker.DockerClient(base_url=host(), timeout=60)
    try:
        found.images.get(IMAGE)
    except docker.errors.ImageNotFound:
        give_up(f"The image {IMAGE} is missing; run .ci/containers first.")
    except docker.errors.DockerException as error:
        give_up(f"The container engine at {host()} does not answer: {error}")
    return found


def give_up(reason: str):
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
