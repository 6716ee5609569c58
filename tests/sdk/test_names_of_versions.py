"""A model version is said by its id, its model's name, or name and number."""

from __future__ import annotations

import pytest

from sanad.errors import NotFound

IDS = {number: f"00000000-0000-4000-8000-00000000000{number}" for number in range(1, 5)}
MODELS = {"price": {1: "production", 2: "candidate", 3: "failed"}, "churn-v2": {4: "candidate"}, "price v2": {}}


@pytest.fixture
def models(client, monkeypatch):
    rows = {
        name: [{"id": IDS[number], "number": number, "stage": stage} for number, stage in versions.items()]
        for name, versions in MODELS.items()
    }
    monkeypatch.setattr(type(client.models), "list", lambda self: [{"id": name, "name": name} for name in rows])
    monkeypatch.setattr(type(client.models), "versions", lambda self, model: rows[model])
    return client.models


@pytest.mark.parametrize(
    ("said", "number"),
    [("price", 2), ("price/1", 1), ("price v1", 1), ("price/v1", 1), ("price/3", 3), ("churn-v2", 4), (IDS[2], 2)],
)
def test_each_way_to_say_a_version_leads_to_it(models, said, number):
    assert models.find(said) == IDS[number]


@pytest.mark.parametrize("said", ["nobody", "price/9", "nobody/1", "price v2"])
def test_a_version_that_is_not_there_is_refused_with_the_models_that_are(models, said):
    with pytest.raises(NotFound, match=rf"no model version '{said}'.*churn-v2, price"):
        models.find(said)


@pytest.mark.parametrize(
    "words",
    [
        ["model", "promote", "price/1"],
        ["deploy", "price/1", "here"],
        ["report", "price/1", "r.pdf"],
        ["chain", "price/1"],
    ],
)
def test_every_command_that_takes_a_version_takes_its_name(models, sanad, monkeypatch, words):
    asked = []

    def note(self, method, path, **options):
        asked.append(f"{path} {options.get('json')}")
        raise NotFound("far enough")

    monkeypatch.setattr("sanad.transport.Transport.send", note)
    assert sanad(*words) == (3, "", "far enough\n")
    assert IDS[1] in asked[0]
