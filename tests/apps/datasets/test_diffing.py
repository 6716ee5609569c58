"""What changed between two versions: rows by key against a comparison in plain Python, drift against its formulas."""

from __future__ import annotations

import math
import random

import pytest

from apps.datasets import selectors, services
from apps.datasets.selectors import diffing, drifting
from foundation.errors import Invalid

HEADER = b"id,mail,amount,kind\n"


def rows_of(table):
    return HEADER + b"".join(b"%d,%b,%b,%b\n" % (k, *values) for k, values in sorted(table.items()))


@pytest.fixture(scope="module")
def tables():
    """Two tables as Python has them, and what differs between them."""
    draw = random.Random(7)
    before = {
        k: (b"m%d@example.ae" % k, b"%d" % draw.randint(0, 99), draw.choice([b"a", b"b", b""])) for k in range(400)
    }
    after = {k: values for k, values in before.items() if k % 10}
    for k in list(after)[::7]:
        after[k] = (after[k][0], b"%d" % (int(after[k][1]) + 1), after[k][2])
    for k in list(after)[::31]:
        after[k] = (b"new%d@example.ae" % k, *after[k][1:])
    after |= {k: (b"m%d@example.ae" % k, b"5", b"a") for k in range(1000, 1025)}
    return before, after


@pytest.fixture
def two(written, tables):
    before = written("a.csv", rows_of(tables[0]))
    return before, written("a.csv", rows_of(tables[1]), dataset=before.dataset)


def test_counts_by_key_are_those_of_a_plain_comparison(two, tables, scientist):
    before, after = tables
    changed = {k for k in before if k in after and before[k] != after[k]}
    pair = {"actor": scientist, "before": two[0], "after": two[1]}
    assert selectors.likely_key(actor=scientist, before=two[0], after=two[1]) == ["id"]
    found = selectors.diff_rows(**pair, key=["id"])
    assert (found.added, found.removed, found.changed) == (25, 40, len(changed))
    assert found.same == len(before) - 40 - len(changed)
    wanted = {name: sum(before[k][i] != after[k][i] for k in changed) for i, name in enumerate(("mail", "amount"))}
    assert found.columns == wanted
    seen = []
    while page := selectors.diff_examples(**pair, key=["id"], kind="changed", offset=len(seen)):
        seen += page
    assert {one.key["id"] for one in seen} == changed
    assert len(seen) == len(changed), "each once, over all pages"
    for one in seen:
        k = one.key["id"]
        said = {name: (str(was), str(now)) for name, was, now in one.cells}
        assert said == {
            name: (before[k][i].decode(), after[k][i].decode())
            for i, name in enumerate(("mail", "amount"))
            if before[k][i] != after[k][i]
        }
    kinds = {one.kind.value for one in selectors.diff_examples(**pair, key=["id"], limit=1000)}
    assert kinds == {"added", "removed", "changed"}


def test_larger_versions_are_compared_by_the_same_sample_of_keys(two, scientist, monkeypatch):
    monkeypatch.setattr(diffing, "MOST_ROWS", 100)
    found = selectors.diff_rows(actor=scientist, before=two[0], after=two[1], key=["id"])
    assert found.one_in == 4
    assert 0 < found.removed < 40
    assert 0 < found.same < 300


def test_a_key_that_names_no_row_is_refused_in_words(two, scientist):
    pair = {"actor": scientist, "before": two[0], "after": two[1]}
    for key, sentence in ((["kind"], "occur more than once"), (["x"], "Not in both"), ([], "Choose the columns")):
        with pytest.raises(Invalid, match=sentence):
            selectors.diff_rows(**pair, key=key)


def test_examples_and_figures_are_masked_for_whoever_sees_masks(two, viewer, scientist, client_as, api_as):
    for version in two:
        services.classify_columns(actor=scientist, version=version, classes={"mail": "personal", "amount": "sensitive"})
    where = f"/t/acme/p/flights/data/{two[0].dataset_id}/"
    query = {"tab": "versions", "before": "1", "after": "2", "key": "id"}
    shown = client_as(viewer).get(where, query).content.decode()
    assert "25 rows came, 40 went" in shown
    assert "example.ae" not in shown
    assert "m•••@•••.ae" in shown
    answer = api_as(viewer).get(
        f"/api/v1/dataset-versions/{two[1].pk}/diff/", {"before_version": str(two[0].pk), "kind": "changed"}
    )
    assert answer.status_code == 200, answer.content
    assert "example.ae" not in answer.content.decode()
    assert answer.json()["rows"]["added"] == 25
    drifts = {c["name"]: c["drift"] for c in answer.json()["columns"]}
    assert drifts["kind"] is not None
    assert "example.ae" in client_as(scientist).get(where, query).content.decode()
    refused = client_as(scientist).get(where, {**query, "key": "kind"}).content.decode()
    assert "occur more than once" in refused
    assert api_as(viewer).get(f"/api/v1/dataset-versions/{two[1].pk}/diff/?before_version=x").status_code == 404


def test_drift_is_what_its_formulas_say():
    even, half = [0, 10, 20], [50, 50]
    assert drifting.stability(even, half, even, half) == 0
    # (0.8 - 0.5) ln(0.8 / 0.5) + (0.2 - 0.5) ln(0.2 / 0.5)
    wanted = 0.3 * math.log(0.8 / 0.5) - 0.3 * math.log(0.2 / 0.5)
    assert drifting.stability(even, half, even, [80, 20]) == pytest.approx(wanted)
    assert drifting.stability(even, half, [0, 5, 20], [25, 75]) == pytest.approx(0.0), "other bins, the same spread"
    assert drifting.stability(even, half, [100, 110], [9]) > 4, "all beyond"
    assert drifting.stability([3, 3], [9], [3, 3], [7]) == 0, "one value alone"
    assert drifting.stability([3, 3], [9], [4, 4], [7]) > 4
    assert drifting.variation({"a": 0.5, "b": 0.5}, {"a": 0.5, "b": 0.5}) == 0
    assert drifting.variation({"a": 0.5, "b": 0.5}, {"a": 0.75, "c": 0.25}) == pytest.approx(0.5)
    assert drifting.variation({"a": 1.0}, {"b": 1.0}) == 1
