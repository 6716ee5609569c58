from __future__ import annotations

import json

import pytest

from foundation.web.vendor import VendorFileMissing, copy_vendor_files


@pytest.fixture
def root(tmp_path):
    icon = '<svg xmlns="x"><path stroke="none" d="M0 0h24v24H0z" fill="none"/><path d="M5 12h14" /></svg>'
    files = {"a/x.js": "f('style','')\n//# sourceMappingURL=x.js.map\n", "i/o/plus.svg": icon, "i/f/star.svg": icon}
    for name, content in files.items():
        path = tmp_path / "node_modules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (tmp_path / "static").mkdir()
    return tmp_path


def write_manifest(root, **file):
    sprite = {
        "to": "icons.svg",
        "outline": {"from": "i/o", "names": ["plus"]},
        "filled": {"from": "i/f", "names": ["star"]},
    }
    manifest = {"files": [{"from": "a/x.js", "to": "x.js", **file}], "sprite": sprite}
    (root / "static" / "vendor.json").write_text(json.dumps(manifest))


def test_files_are_copied_without_source_maps_and_icons_become_a_sprite(root):
    write_manifest(root, replace=[["'style',''", "'style',null"]])
    assert copy_vendor_files(root) == 2
    assert (root / "static" / "vendor" / "x.js").read_text().strip() == "f('style',null)"
    sprite = (root / "static" / "vendor" / "icons.svg").read_text()
    assert '<symbol id="plus" viewBox="0 0 24 24" fill="none"' in sprite
    assert '<symbol id="star-filled"' in sprite
    assert "M0 0h24v24" not in sprite


def test_a_file_that_is_not_installed_is_named(root):
    write_manifest(root, **{"from": "a/y.js"})
    with pytest.raises(VendorFileMissing, match="npm ci"):
        copy_vendor_files(root)


def test_a_replacement_that_no_longer_fits_is_said(root):
    write_manifest(root, replace=[["gone", ""]])
    with pytest.raises(VendorFileMissing, match="gone"):
        copy_vendor_files(root)
