"""Connections by client and command line: made with secrets from a file, tested, looked through, read from, deleted."""

from __future__ import annotations

import json

import pytest

from sanad.data import Datasets
from tests.apps.connections.stand import loopback_allowed, postgresql, stage
from tests.support.jobs import run_queued

__all__ = ["loopback_allowed", "postgresql", "stage"]


@pytest.fixture
def run(sanad):
    def words(*given, role="admin", code=0):
        ended, answered, said = sanad(*given, role=role)
        assert ended == code, said
        return [json.loads(line) for line in answered.splitlines()] if not code else said

    return words


@pytest.fixture
def secrets_file(tmp_path, stage):
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps(stage.secrets))
    return str(path)


@pytest.fixture
def warehouse(run, stage, secrets_file):
    """Made on the command line, and deleted after the test, whose rows are committed."""
    told = [word for name, value in stage.settings.items() for word in ("--set", f"{name}={value}")]
    (made,) = run("connection", "create", "Warehouse", "postgresql", *told, "--secrets-file", secrets_file)
    yield made
    left = [row["name"] for row in run("connection", "list") if row["id"] == made["id"]]
    for name in left:
        run("connection", "delete", name)


def test_one_lives_its_whole_life_on_the_command_line(run, warehouse, stage, tmp_path):
    assert (warehouse["settings"]["port"], warehouse["project"]) == (stage.settings["port"], "flights")
    assert "secrets" not in warehouse and warehouse["has_secrets"]
    (tested,) = run("connection", "test", "Warehouse")
    assert tested["standing"] == "well" and tested["steps"][-1]["ok"]
    (thing,) = run("connection", "things", "Warehouse", "--prefix", "public.ord", role="scientist")
    assert thing["name"] == "public.orders"
    (look,) = run("connection", "preview", warehouse["id"], "public.orders", role="scientist")
    assert (look["rows"], len(look["sample"])) == (1234, 50)

    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(stage.wrong))
    (changed,) = run("connection", "edit", "Warehouse", "--at-once", "4", "--secrets-file", str(wrong))
    assert (changed["at_once"], changed["standing"]) == (4, "untried")
    assert run("connection", "test", "Warehouse")[0]["standing"] == "broken"
    said = run("connection", "things", "Warehouse", code=1)
    assert "password of reader" in said and "wrong-horse" not in said
    assert run("connection", "show", "Warehouse")[0]["standing"] == "broken"
    assert run("connection", "delete", "Warehouse") == []
    assert "Warehouse" not in {row["name"] for row in run("connection", "list")}


def test_a_new_address_without_the_secret_is_refused_at_its_field(run, warehouse):
    said = run("connection", "edit", "Warehouse", "--set", "host=8.8.8.8", code=1)
    assert said.startswith("password: ") and said.count("Give it again") == 1
    assert "has no sign of equality" in run("connection", "edit", "Warehouse", "--set", "host", code=2)


def test_who_may_and_what_is_not_there_end_with_codes_of_their_own(run, warehouse):
    run("connection", "test", "Warehouse", role="scientist", code=4)
    assert "There is no connection 'Nothing' here." in run("connection", "show", "Nothing", code=3)
    run("connection", "preview", "Warehouse", "public.nothing", code=3)


def test_the_client_reads_a_table_into_a_dataset(client, warehouse, monkeypatch):
    waiting = Datasets.wait

    def worked_off(self, version_id, **words):
        run_queued()
        return waiting(self, version_id, **words)

    monkeypatch.setattr(Datasets, "wait", worked_off)
    first = client.datasets.pull("Warehouse", "public.orders")
    assert (first["state"], first["row_count"]) == ("ready", 1234)
    assert client.datasets.find("orders")["id"] == first["dataset"]
    again = client.datasets.pull(warehouse["id"], "public.orders", name="orders", review=True)
    assert (again["dataset"], again["state"]) == (first["dataset"], "review")


def test_the_command_line_reads_it_too(run, warehouse, monkeypatch):
    waiting = Datasets.wait

    def worked_off(self, version_id, **words):
        run_queued()
        return waiting(self, version_id, **words)

    monkeypatch.setattr(Datasets, "wait", worked_off)
    (version,) = run("dataset", "pull", "Warehouse", "public.orders", "--name", "Pulled", role="scientist")
    assert (version["state"], version["row_count"]) == ("ready", 1234)


@pytest.fixture
def worked_off(monkeypatch):
    """Whoever waits for a version finds that a worker was there meanwhile."""
    from sanad.ingestions import Ingestions

    for kind in (Datasets, Ingestions):
        waiting = kind.wait

        def work(self, version_id, *, waiting=waiting, **words):
            run_queued()
            return waiting(self, version_id, **words)

        monkeypatch.setattr(kind, "wait", work)


def test_what_comes_in_again_and_again_lives_on_the_command_line(run, warehouse, worked_off):
    words = ["--mode", "incremental", "--cursor", "id", "--key", "id", "--cron", "30 6 * * *", "--zone", "Asia/Dubai"]
    (made,) = run("ingestion", "create", "Again", "Warehouse", "public.orders", *words, role="scientist")
    assert (made["dataset_name"], made["mode"], made["key"], made["zone"]) == (
        "Again",
        "incremental",
        ["id"],
        "Asia/Dubai",
    )
    (first,) = run("ingestion", "run", "Again", role="scientist")
    assert (first["state"], first["row_count"]) == ("ready", 1234)
    assert run("ingestion", "run", made["id"])[0]["state"] == "unchanged"
    (anew,) = run("ingestion", "backfill", "Again", "--since", "10", "--until", "100")
    assert (anew["state"], anew["row_count"]) == ("ready", 1234)
    assert [row["state"] for row in run("ingestion", "runs", "Again")] == ["ready", "unchanged", "ready"]
    assert run("ingestion", "pause", "Again")[0]["state"] == "paused"
    assert run("ingestion", "resume", "Again")[0]["next_at"]
    assert run("ingestion", "edit", "Again", "--cron", "0 * * * *")[0]["cron"] == "0 * * * *"
    assert [row["id"] for row in run("ingestion", "list", "--dataset", "Again")] == [made["id"]]
    assert "read through" in run("connection", "delete", "Warehouse", code=1)
    run("ingestion", "delete", "Again")
    assert "comes not one ingestion but 0" in run("ingestion", "show", "Again", code=3)


def test_the_client_adds_rows_to_those_that_are_there(client, worked_off, tmp_path):
    path = tmp_path / "adding.csv"
    path.write_text("id,word\n1,a\n2,b\n")
    first = client.datasets.push(path)
    path.write_text("id,word\n2,B\n3,c\n")
    second = client.datasets.push(path, mode="upsert", key=["id"])
    assert (second["dataset"], second["row_count"]) == (first["dataset"], 3)
    sql = "SELECT id + 10 AS id, word FROM adding"
    third = client.datasets.derive("adding", sql=sql, inputs={"adding": first["id"]}, mode="append")
    assert third["row_count"] == 5
