"""The same way by the command line alone: a table of sixty rows and three classes, with no time in it."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from sanad.cli import main
from sanad.transport import wait_for
from tests.browser.way import WEATHER_SQL

pytestmark = [pytest.mark.slow]


@pytest.fixture
def sanad(portal, capsys, monkeypatch, tmp_path):
    """Run a command as a person of the sample; what it answered, read as JSON."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    kept = json.loads((portal.home / "credentials.json").read_text())["people"]
    tokens = {person["role"]: person["token"] for person in kept}

    def run(*words: str, role: str = "scientist", project: str = "flights"):
        code = main(["--url", portal.url, "--token", tokens[role], "--project", project, *words])
        said = capsys.readouterr()
        assert code == 0, said.err
        lines = [json.loads(line) for line in said.out.splitlines()]
        return lines[0] if len(lines) == 1 else lines

    return run


@pytest.fixture
def wines(tmp_path):
    """Sixty real wines of three growers, with what a laboratory measured of each."""
    from sklearn.datasets import load_wine

    table = load_wine(as_frame=True).frame.iloc[::3].rename(columns={"target": "grower"})
    table["grower"] = table["grower"].map({0: "first", 1: "second", 2: "third"})
    table.to_csv(tmp_path / "wines.csv", index=False)
    assert len(table) == 60
    return tmp_path / "wines.csv"


def _said(ask, *words):
    """What a command answered; nothing where it was refused."""
    try:
        return [ask(*words)]
    except AssertionError:
        return []


def test_a_small_table_becomes_an_approved_endpoint(sanad, wines, tmp_path):
    slug = f"wines-{uuid4().hex[:6]}"
    sanad("project", "create", slug, "--purpose", "Tell the grower of a wine")

    def here(*words, role="scientist"):
        return sanad(*words, role=role, project=slug)

    assert here("dataset", "push", str(wines))["row_count"] == 60
    assert here("dataset", "versions", "wines")["state"] == "ready"
    columns = wines.read_text().partition("\n")[0].split(",")
    said = here("dataset", "classify", "wines", *(f"{column}=public" for column in columns))
    assert {column["class"] for column in said} == {"public"}
    made = here("training-set", "create", "growers", "--base", "wines", "--label", "grower")
    assert (made["row_count"], made["leakage_proof"]["violations"]) == (60, 0)
    run = here("run", "submit", "--training-set", "growers", "--param", "max_iter=20", "--wait")
    assert run["metrics"]["test"]["accuracy"] > 0.5
    version = here("model", "register", "--run", run["id"], "--name", slug)
    assert here("model", "list")["id"] == version["id"]
    case = here("model", "promote", version["id"])["approval"]
    here("approval", "decide", case, "granted", "--reason", "Read.", role="officer")
    # What was granted is carried out behind the answer.
    wait_for(
        lambda: here("model", "list"),
        lambda found: found["stage"] == "production",
        failed=lambda _found: None,
        timeout_s=60,
        what="The move to production",
    )
    deployment = here("deploy", version["id"], slug)
    assert here("deployment", "list")["id"] == deployment["id"]

    header, row = (line.split(",") for line in wines.read_text().splitlines()[:2])
    rows = tmp_path / "row.json"
    rows.write_text(
        json.dumps({name: float(value) for name, value in zip(header, row, strict=True) if name != "grower"})
    )
    # The gateway hears of a new address within half a second.
    heard = wait_for(
        lambda: {"answers": _said(here, "predict", slug, str(rows))},
        lambda found: bool(found["answers"]),
        failed=lambda _found: None,
        timeout_s=20,
        what="The first prediction",
    )
    answer = heard["answers"][0]
    assert answer["predictions"][0] in {"first", "second", "third"}
    assert {node["kind"] for node in here("chain", version["id"])} >= {"dataset_version", "run", "model_version"}
    sanad("report", version["id"], str(tmp_path / "report.pdf"), role="officer", project=slug)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_features_and_traffic_are_led_from_the_command_line(sanad, world, tmp_path):
    (tmp_path / "weather.sql").write_text(WEATHER_SQL)
    name = f"weather_{uuid4().hex[:6]}"
    sanad("features", "entity", "origin", "--key", "origin")
    view = sanad(
        "features", "define", name, str(tmp_path / "weather.sql"), "--input", "weather",
        "--entity", "origin", "--event-time", "observed_at", "--ttl", "21600",
    )  # fmt: skip
    assert view["state"] == "ready"
    assert name in [found["name"] for found in sanad("features", "views")]
    assert sanad("features", "online", name, "--key", "origin=JFK")
    monitor = sanad("monitor", "list")
    assert len(sanad("monitor", "drift", monitor["id"])) > 10
    replay = sanad("replay", "list")
    assert sanad("replay", "set", replay["id"], "--per-second", "7")["per_second"] == 7
    newest = sanad("alert", "list", "--state", "open")[0]
    assert sanad("alert", "acknowledge", newest["id"], "--note", "Seen.")["state"] == "acknowledged"
    assert "officer" in [member["role"] for member in sanad("member", "list")]
