"""Copies the third-party files named in static/vendor.json into static/vendor/; needs the standard library alone."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SOURCE_MAP = re.compile(rb"(?m)^\s*(?://[#@]\s*sourceMappingURL=.*|/\*[#@]\s*sourceMappingURL=.*?\*/)\s*$")
DRAWING = re.compile(r"<svg[^>]*>(.*?)</svg>", re.DOTALL)
BLANK_PATH = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')
STYLES = {
    "outline": 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"',
    "filled": 'fill="currentColor"',
}


class VendorFileMissing(Exception):
    """A file that the manifest names is not among the installed packages."""


def copy_vendor_files(root: Path) -> int:
    """Copies every file of the manifest and writes the icon sprite; answers how many files now lie in static/vendor."""
    manifest = json.loads((root / "static" / "vendor.json").read_text())
    packages, target = root / "node_modules", root / "static" / "vendor"
    shutil.rmtree(target, ignore_errors=True)
    for file in manifest["files"]:
        _copy(_found(packages / file["from"]), target / file["to"], file.get("replace", []))
    sprite = target / manifest["sprite"]["to"]
    sprite.write_text(_sprite(packages, manifest["sprite"]))
    return len(manifest["files"]) + 1


def _found(path: Path) -> Path:
    if not path.is_file():
        raise VendorFileMissing(f"{path} is missing: run 'npm ci' in the repository's root, then try again.")
    return path


def _copy(source: Path, target: Path, replacements: list[list[str]]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    content = source.read_bytes()
    for old, new in replacements:
        if old.encode() not in content:
            raise VendorFileMissing(f"{source} no longer holds {old!r}: look whether its replacement is still needed.")
        content = content.replace(old.encode(), new.encode())
    target.write_bytes(SOURCE_MAP.sub(b"", content) if target.suffix in {".css", ".js"} else content)


def _sprite(packages: Path, spec: dict[str, Any]) -> str:
    symbols = [symbol for style in STYLES for symbol in _symbols(packages, style, spec[style])]
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>\n"


def _symbols(packages: Path, style: str, spec: dict[str, Any]) -> Iterator[str]:
    for name in sorted(set(spec["names"])):
        drawing = DRAWING.search(_found(packages / spec["from"] / f"{name}.svg").read_text())
        shapes = BLANK_PATH.sub("", drawing.group(1)) if drawing else ""
        suffix = "-filled" if style == "filled" else ""
        yield f'<symbol id="{name}{suffix}" viewBox="0 0 24 24" {STYLES[style]}>{" ".join(shapes.split())}</symbol>'
