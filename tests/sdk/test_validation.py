"""Expectations, quarantines and contracts by client and command line, from the suggestion to the replayed row."""

from __future__ import annotations

import json

import pytest

from sanad import validation
from sanad.data import Datasets
from sanad.errors import NotFound
from tests.support.jobs import run_queued

REGION = {"kind": "in_set", "columns": ["region"], "parameters": {"values": ["north"]}}
ROWS = "id,region\n" + "".join(f"{i},{'nowhere' if i == 7 else 'north'}\n" for i in range(1, 31))


@pytest.fixture
def at_once(monkeypatch, client):
    """Whatever is waited for is done here."""

    def wait(self, version_id, **_said):
        run_queued()
        return self.version(version_id)

    def waited(read, *_given, **_said):
        run_queued()
        return read()

    monkeypatch.setattr(Datasets, "wait", wait)
    monkeypatch.setattr(validation, "wait_for", waited)


def test_a_bad_row_is_found_corrected_and_replayed_on_the_command_line(sanad, client, at_once, tmp_path):
    file, suite = tmp_path / "checked.csv", tmp_path / "suite.json"
    file.write_text(ROWS)

    def run(*words, role="scientist"):
        code, answered, said = sanad(*words, role=role)
        assert code == 0, said
        return answered, said

    client.datasets.push(file)
    proposed = json.loads(run("suite", "suggest", "checked")[0])
    assert {"not_null", "in_set"} <= {one["kind"] for one in proposed}
    region = {"kind": "in_set", "columns": ["region"], "parameters": {"values": ["north"]}, "severity": "quarantine"}
    suite.write_text(json.dumps([region]))
    assert "1 row fails" in run("suite", "try", "checked", str(suite))[0]
    run("suite", "save", "checked", str(suite), "--reason", "what we serve")
    assert json.loads(run("suite", "show", "checked")[0])[0]["severity"] == "quarantine"
    version = client.datasets.push(file)
    assert version["row_count"] == 29
    assert "quarantined: 30 rows" in run("suite", "report", version["id"])[1]
    [quarantine] = client.quarantines.list("checked")
    assert "nowhere" in run("quarantine", "rows", quarantine["id"])[0]
    assert "1 row corrected" in run("quarantine", "fix", "region", "north", "--of", quarantine["id"], "--row", "1")[1]
    run("quarantine", "export", quarantine["id"], str(tmp_path / "aside.csv"))
    assert "7" in (tmp_path / "aside.csv").read_text()
    run("quarantine", "replay", "--of", quarantine["id"], "--all")
    newest = client.datasets.version(client.datasets.newest("checked"))
    assert (newest["number"], newest["row_count"]) == (3, 30)
    changed = json.loads(run("dataset", "diff", "checked@v3", "checked/1", "--key", "id", "--json")[0])
    assert (changed["rows"]["changed"], changed["rows"]["same"]) == (1, 29)
    code, _answered, said = sanad("dataset", "find", "chekced/1")
    assert code == 3 and "'chekced'" in said and sanad("dataset", "find", "chekced")[2].count("NAME@v3") == 1
    assert '"number": 1' in run("contract", "publish", "checked", "--json")[0]
    code, _answered, said = sanad("contract", "breach", newest["id"])
    assert code == 3 and "breaks no contract" in said


def test_whoever_names_a_version_as_a_dataset_is_told_where_it_is_found(sanad, client, at_once, tmp_path):
    file = tmp_path / "named.csv"
    file.write_text(ROWS)
    pushed = client.datasets.push(file)
    assert client.datasets.find("nobody@v1") is None and client.datasets.find("nobody") is None
    with pytest.raises(NotFound, match=r'datasets\.at\("named@v1"\)'):
        client.datasets.find("named@v1")
    assert client.datasets.at("named@v1")["id"] == pushed["id"]
    edited, said = sanad("dataset", "edit", "named", "--fresh-within", "24", "--json", role="scientist")[1:]
    assert json.loads(edited)["freshness_s"] == 86_400, said


def test_the_rows_that_block_a_version_are_seen_on_the_command_line(sanad, client, at_once, tmp_path):
    file = tmp_path / "blocked.csv"
    file.write_text(ROWS)
    first = client.datasets.push(file)
    (expected,) = client.suites.save("blocked", [{**REGION, "severity": "block"}])["expectations"]
    file.write_text(ROWS + "31,north\n")
    client.datasets.push(file)
    failed = next(one for one in client.datasets.versions(first["dataset"]) if one["state"] == "failed")
    row = json.loads(sanad("suite", "rows", failed["id"], "--json", role="scientist")[1])
    assert row == {"#": 7, "fails": expected["id"], "id": 7, "region": "nowhere"}
