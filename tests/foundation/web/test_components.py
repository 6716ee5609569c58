"""The house rules of templates and style sheets, read from the files themselves."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from foundation.web.templatetags.sanad_ui import MARKS

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
COMPONENTS = sorted((ROOT / "templates" / "components").glob("*.html"))
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
PAGES = [path.read_text() for path in TEMPLATES if path.parent.name != "styleguide"]
PAGES += [
    path.read_text()
    for top in ("apps", "platform")
    for path in (ROOT / top).rglob("*.py")
    if "styleguide" not in path.parts
]
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=", re.IGNORECASE)
PHYSICAL = re.compile(
    r"(?:margin|padding|border)-(?:left|right)|(?<![-\w])(?:left|right)\s*:|text-align:\s*(?:left|right)|float:\s*(?:left|right)"
)
# Code, logs and charts are left-to-right in every language.
ALWAYS_LEFT = ("s-snippet pre", "s-code", "s-log-lines", "main-svg", "js-plotly-tester")


def name_of(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", COMPONENTS, ids=name_of)
def test_a_component_begins_with_what_it_takes(path):
    assert path.read_text().lstrip().startswith("{% comment %}")
    assert "Takes" in path.read_text().partition("{% endcomment %}")[0]


# A page that is downloaded and read alone carries its style inside; it is served under a policy of its own.
ALONE = {"compliance/report.html"}
SERVED = [path for path in TEMPLATES if str(path.relative_to(ROOT / "templates")) not in ALONE]


@pytest.mark.parametrize("path", SERVED, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_holds_nothing_that_the_content_policy_refuses(path):
    assert INLINE.findall(re.sub(r"\{%.*?%\}", "", path.read_text())) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_is_short(path):
    assert len(path.read_text().splitlines()) <= 120


@pytest.mark.parametrize("path", SHEETS, ids=name_of)
def test_a_sheet_uses_logical_properties(path):
    lines = [line for line in path.read_text().splitlines() if not any(mark in line for mark in ALWAYS_LEFT)]
    assert [line for line in lines if PHYSICAL.search(line)] == []


@pytest.mark.parametrize("path", [*SHEETS, *SCRIPTS], ids=lambda path: path.name)
def test_a_sheet_or_script_is_small(path):
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", COMPONENTS, ids=name_of)
def test_a_component_is_in_the_list(path):
    assert f"`{path.stem}`" in (ROOT / "templates" / "components" / "README.md").read_text()


@pytest.mark.parametrize("path", COMPONENTS, ids=name_of)
def test_a_component_stands_on_a_page_and_not_in_the_style_guide_alone(path):
    assert any(f"components/{path.name}" in text for text in PAGES)


def test_every_class_of_ours_has_a_user():
    ours = {name for path in SHEETS for name in re.findall(r"\.((?:s|btn)-[a-z0-9-]+)", path.read_text())}
    words = "\n".join([*PAGES, *(path.read_text() for path in [*TEMPLATES, *SCRIPTS])])
    said = set(re.findall(r"(?<![\w-])(?:s|btn)-[\w-]*\w(?!-)", words))
    # Names that are put together: “s-heat-{{ step }}”; “s-{{ tone }}” is a tone's, or it would be everybody's.
    begun = tuple(set(re.findall(r"(?<![\w-])(s-[\w-]+-)(?:\{\{|\{%|\$\{)", words)))
    tones = {f"s-{tone}" for tone in MARKS}
    assert {name for name in ours - said - tones if not name.startswith(begun)} == set()


def test_every_icon_that_is_named_is_in_the_sprite():
    sprite = json.loads((ROOT / "static" / "vendor.json").read_text())["sprite"]
    known = set(sprite["outline"]["names"]) | {f"{name}-filled" for name in sprite["filled"]["names"]}
    named = {name for path in TEMPLATES for name in re.findall(r'\{% icon "([\w-]+)"', path.read_text())}
    assert named - known == set()
