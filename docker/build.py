"""Builds the container images with podman or docker, whichever is there.

python docker/build.py                      both images
python docker/build.py runtime              one of them
python docker/build.py runtime --base python:3.11-slim --wheelhouse FOLDER
python docker/build.py --name runtime       prints the image's name and builds nothing
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "platform"))

from runtime import VERSION  # noqa: E402  the line above makes it findable

IMAGES = ("runtime", "portal")


def image_name(image: str) -> str:
    return f"localhost/sanad-{image}:{VERSION}"


def builder() -> str:
    for name in ("podman", "docker"):
        if shutil.which(name):
            return name
    raise SystemExit("Neither podman nor docker is on this machine; install one of them and run this again.")


def build_command(tool: str, image: str, base: str | None, wheelhouse: Path | None) -> list[str]:
    command = [tool, "build", "--file", str(ROOT / "docker" / f"{image}.Containerfile"), "--tag", image_name(image)]
    if tool == "podman":
        # docker finds the list of what a build may not see by itself.
        command += ["--ignorefile", str(ROOT / "docker" / f"{image}.Containerfile.dockerignore")]
    if base:
        command += ["--build-arg", f"BASE_IMAGE={base}"]
    if wheelhouse:
        if tool != "podman":
            raise SystemExit("--wheelhouse needs podman: docker cannot show a folder of the machine to a build.")
        command += ["--volume", f"{wheelhouse.resolve()}:/wheelhouse:ro"]
        command += ["--build-arg", "PIP_OPTIONS=--no-index --find-links /wheelhouse"]
    return [*command, str(ROOT)]


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the container images.")
    parser.add_argument("image", nargs="?", choices=IMAGES, help="which one; both if left out")
    parser.add_argument("--base", help="base image with Python 3.11")
    parser.add_argument("--wheelhouse", type=Path, help="folder of wheels to install from, without a network")
    parser.add_argument("--name", action="store_true", help="print the image's name and stop")
    asked = parser.parse_args()
    images = (asked.image,) if asked.image else IMAGES
    for image in images:
        if asked.name:
            print(image_name(image))
            continue
        done = subprocess.run(build_command(builder(), image, asked.base, asked.wheelhouse), cwd=ROOT, check=False)
        if done.returncode != 0:
            return done.returncode
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
