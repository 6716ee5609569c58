"""The form of a new run: what it asks, what it keeps, and what it refuses."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.experiments import services
from apps.experiments.models import Run
from foundation import engines
from foundation.errors import Invalid
from tests.apps.experiments.pages import text
from tests.apps.experiments.rows import make_run, make_training_set

FILLED = {
    "experiment": "flowers",
    "seed": 7,
    "resource_class": "small",
    "split.kind": "random",
    "split.test_fraction": 0.25,
    "params.learning_rate": 0.1,
    "params.max_iter": 50,
    "params.max_leaf_nodes": 15,
    "params.min_samples_leaf": 5,
    "params.l2_regularization": 1,
    "params.max_features": 0.5,
    "params.early_stopping": "on",
    "params.n_iter_no_change": 10,
    "slices.0.name": "long",
    "slices.0.column": "petal_length",
    "slices.0.from": "4",
}


def test_the_form_asks_what_the_recipe_takes_and_starts_a_run(page, scientist, project):
    training_set = make_training_set(scientist, project)
    shown = text(page("run_new"))
    for words in ("Trees at most", "0.001 to 1.", 'max="5000"', "What it will use", "By group"):
        assert words in shown
    assert "Units a layer" in text(page("run_new", recipe="torch_mlp"))
    url = reverse("experiments:run_new", args=["acme", "flights"])
    answer = page.client.post(url, FILLED)
    assert answer.status_code == 303, text(answer)
    run = Run.objects.get()
    assert answer["Location"].endswith(f"/{run.pk}/")
    assert run.training_set_id == training_set.pk
    assert (run.params["max_iter"], run.params["refit"], run.seed) == (50, False, 7)
    assert run.split == {"kind": "random", "test_fraction": 0.25}
    assert run.slices == [{"name": "long", "column": "petal_length", "from": "4"}]
    again = text(page("run_new", like=run.pk))
    assert 'value="50"' in again and 'value="0.25"' in again


def test_what_was_typed_stays_when_another_recipe_or_training_set_is_chosen(page, scientist, project):
    make_training_set(scientist, project)
    typed = {"purpose": "Do more leaves help?", "experiment": "leaves", "params.learning_rate": "0.07", "seed": "5"}
    gone = {"params.max_iter": "77", "split.kind": "time", "params.early_stopping": ""}
    answer = page("run_new", recipe="torch_mlp", **typed, **gone)
    form, shown = answer.context["form"], text(answer)
    assert {name: form[name].value() for name in typed} == typed
    assert form["split.kind"].value() != "time"
    assert 'data-carry="#run-form"' in shown and 'id="run-form"' in shown
    assert '<input type="hidden" name="params.max_iter" value="77">' in shown
    back = page("run_new", **typed, **gone).context["form"]
    assert (back["params.max_iter"].value(), back["params.early_stopping"].value()) == ("77", False)


def test_a_run_like_another_keeps_its_purpose_with_another_recipe(page, scientist, project):
    run = make_run(scientist, project, state="succeeded", purpose="Do more leaves help?")
    form = page("run_new", like=run.pk, recipe="torch_mlp").context["form"]
    assert form["purpose"].value() == "Do more leaves help?"


def test_without_an_event_time_a_new_run_claims_no_proof(page, scientist, project):
    proof = {"rows": 150, "violations": 0, "mismatches": 0, "by_time": False}
    make_training_set(scientist, project, leakage_proof=proof)
    shown = text(page("run_new"))
    assert "There is no event time, so nothing could be counted." in shown
    assert "violations" not in shown


def test_what_is_refused_is_said_at_its_field(page, scientist, project):
    make_training_set(scientist, project)
    url = reverse("experiments:run_new", args=["acme", "flights"])
    answer = page.client.post(url, {**FILLED, "params.max_iter": 0, "split.kind": "group", "split.column": ""})
    assert answer.status_code == 422
    assert "params.max_iter" in answer.context["form"].errors
    answer = page.client.post(url, {**FILLED, "split.kind": "group", "split.column": ""})
    assert answer.status_code == 422
    assert "split.column" in answer.context["form"].errors
    assert Run.objects.count() == 0


def test_a_run_of_a_size_that_is_none_is_refused(scientist, project):
    given = {"training_set_id": make_training_set(scientist, project).pk, "recipe": "hist_gradient_boosting"}
    with pytest.raises(Invalid, match="“enormous” is not a resource class") as refusal:
        services.start_run(actor=scientist, project=project, resource_class="enormous", **given)
    assert list(refusal.value.fields) == ["resource_class"]


@pytest.fixture
def machine(monkeypatch):
    def has(**capacity):
        monkeypatch.setattr(engines.current(), "capacity", lambda: engines.Capacity(**capacity))

    return has


def test_only_what_the_machine_has_is_offered_and_what_is_larger_says_so(page, scientist, project, machine):
    make_training_set(scientist, project)
    machine(cpus=2, memory_mb=7900)
    choices = dict(page("run_new").context["form"].fields["resource_class"].choices)
    assert list(choices) == ["small", "medium", "large"]
    assert "more than this machine has: 2 CPUs, 8 GB" in choices["large"]
    assert choices["medium"] == "Medium: 2 CPUs, 6 GB"
    machine(cpus=8, memory_mb=32000, gpus=1)
    choices = dict(page("run_new").context["form"].fields["resource_class"].choices)
    assert choices["gpu"] == "GPU: 4 CPUs, 16 GB, 1 GPU"


def test_a_run_on_a_gpu_that_is_not_there_is_refused(scientist, project, api_as):
    given = {"project": "flights", "recipe": "hist_gradient_boosting", "resource_class": "gpu"}
    given["training_set"] = str(make_training_set(scientist, project).pk)
    answer = api_as(scientist).post("/api/v1/runs/", given, content_type="application/json")
    assert answer.status_code == 422
    assert "has none to give. There are: small, medium, large." in answer.json()["detail"]


def test_without_rows_the_form_says_where_to_begin(page):
    assert "No training set yet" in text(page("run_new"))
