"""The audit of dependencies fails on what was found, and says in one line where nobody could be asked."""

from __future__ import annotations

import importlib.util
import json
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 1, 15)


@pytest.fixture(scope="module")
def audit():
    import sys

    spec = importlib.util.spec_from_file_location("sanad_audit", ROOT / "requirements" / "audit.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answer(*packages):
    return json.dumps({"dependencies": list(packages), "fixes": []})


WEAK = {"name": "django", "version": "1.0", "vulns": [{"id": "GHSA-1", "fix_versions": ["5.2"]}]}
SOUND = {"name": "orjson", "version": "3.13.0", "vulns": []}
UNASKED = {"name": "yarl", "skip_reason": "Dependency not found on PyPI and could not be audited: yarl (1.0)"}


def test_a_weakness_is_named_with_the_way_to_mend_it(audit):
    said, code = audit.report(audit.parsed(answer(WEAK, SOUND, UNASKED), ""), {}, TODAY)
    assert code == 1
    assert "django 1.0 has the weakness GHSA-1: raise its pin" in said[0]


def test_one_that_does_not_reach_us_is_let_be_until_its_day(audit):
    known = {"GHSA-1": {"id": "GHSA-1", "because": "unused", "until": date(2026, 2, 1)}}
    made = audit.parsed(answer(WEAK, SOUND), "")
    assert audit.report(made, known, TODAY) == (["2 packages have no known weakness (1 ignored for a reason)."], 0)
    said, code = audit.report(made, known, date(2026, 2, 2))
    assert (code, said) == (
        1,
        ["GHSA-1 was ignored until 2026-02-01: look at it again (requirements/audit-ignore.yaml)."],
    )


@pytest.mark.parametrize(
    ("output", "errors", "why"),
    [
        ("", "Traceback …\nConnectionError: Failed to resolve 'pypi.org'", "Failed to resolve"),
        (answer(UNASKED), "", "could not be audited"),
        (answer(), "", "no packages"),
    ],
)
def test_where_nobody_can_be_asked_one_line_says_so_and_nothing_fails(audit, output, errors, why):
    said, code = audit.report(audit.parsed(output, errors), {}, TODAY)
    assert code == 0
    assert len(said) == 1
    assert "were not audited" in said[0]
    assert why in said[0]


def test_an_entry_without_a_reason_or_a_day_is_refused(audit, tmp_path):
    (tmp_path / "ignore.yaml").write_text("- id: GHSA-1\n  until: 2030-01-31\n")
    with pytest.raises(SystemExit, match="a reason"):
        audit.read_ignored(tmp_path / "ignore.yaml")


def test_the_list_that_is_kept_can_be_read(audit):
    audit.read_ignored(audit.IGNORED)


def test_it_is_part_of_make_check():
    check = (ROOT / "Makefile").read_text().partition("\ncheck:")[2].partition("\n\n")[0]
    assert "requirements/audit.py" in check
