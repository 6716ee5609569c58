"""The pages of runs, as their readers see them."""

from __future__ import annotations

import re
from dataclasses import replace
from uuid import uuid4

import pytest
from django.urls import reverse

from apps.experiments import services
from apps.experiments.models import Run
from apps.experiments.services import workload
from apps.features.models import TrainingSet
from foundation.errors import AccessDenied
from tests.apps.experiments.pages import text
from tests.apps.experiments.rows import make_run, make_training_set
from tests.support.history import acts_on, done_by


def test_an_empty_list_says_what_a_run_is_and_how_to_log_one(page):
    shown = text(page("run_list"))
    assert "No runs yet" in shown
    assert "/mlflow/acme/flights" in shown


@pytest.mark.parametrize("runs", [[], [{"id": "0" * 32, "name": "by hand", "status": "finished"}]])
def test_the_list_of_what_clients_logged_says_where_models_are_that_they_register(page, monkeypatch, runs):
    monkeypatch.setattr("apps.experiments.selectors.tracked_runs", lambda **_words: (runs, ""))
    assert "registers with MLflow is seen by MLflow clients alone" in text(page("tracked_list"))


def test_the_list_shows_the_best_run_and_the_figures_that_the_runs_have(page, scientist, project):
    training_set = make_training_set(scientist, project)
    good = {"test": {"log_loss": 0.1, "accuracy": 0.99}}
    make_run(scientist, project, training_set, state="succeeded")
    make_run(scientist, project, training_set, state="succeeded", metrics=good, purpose="more trees")
    make_run(scientist, project, training_set, state="queued")
    answer = page("run_list")
    shown = text(answer)
    assert "Best so far is #2 with Log loss 0.100" in shown
    assert "One run is going on." in shown
    assert [c.name for c in answer.context["table"].columns][2:4] == ["metric_log_loss", "metric_accuracy"]
    assert "s-spark" in shown
    by_loss = page("run_list", sort="metric_log_loss").context["table"]
    assert [row.record.number for row in by_loss.rows] == [2, 1, 3]
    worst_first = page("run_list", sort="-metric_log_loss").context["table"]
    assert [row.record.number for row in worst_first.rows] == [1, 2, 3]
    assert [row.record.number for row in page("run_list", state="queued").context["table"].rows] == [3]
    assert [row.record.number for row in page("run_list", q="trees").context["table"].rows] == [2]


def test_runs_of_several_classes_are_led_by_the_figure_that_decides_about_them(page, scientist, project):
    figures = {"roc_auc": 0.99, "accuracy": 0.93, "f1_macro": 0.92, "log_loss": 0.25}
    sure = make_run(scientist, project, state="succeeded", metrics={"test": figures})
    make_run(scientist, project, state="succeeded", metrics={"test": {**figures, "roc_auc": 0.995, "log_loss": 0.4}})

    assert "Best so far is #1 with Log loss 0.250" in text(page("run_list"))
    assert "It finished with Log loss 0.250" in text(page("run_detail", sure.pk))


def test_ten_thousand_runs_are_a_page_like_any_other(page, scientist, project, django_assert_max_num_queries):
    training_set = make_training_set(scientist, project)
    first = make_run(scientist, project, training_set, state="succeeded")
    common = {name: getattr(first, name) for name in ("tenant_id", "project_id", "experiment_id", "training_set_id")}
    common |= {name: getattr(first, name) for name in ("recipe", "spec_digest", "state", "metrics", "curve")}
    Run.objects.bulk_create([Run(number=number, **common) for number in range(2, 10_001)], batch_size=2000)
    page("run_list")
    with django_assert_max_num_queries(40):
        assert "1–25 of 10,000" in text(page("run_list", sort="metric_log_loss"))


def test_a_failed_run_opens_on_its_cause(page, scientist, project):
    run = make_run(scientist, project, state="failed", failure="The target 'same' has one value in all rows.")
    shown = text(page("run_detail", run.pk))
    assert shown.index("has one value in all rows") < shown.index("Parameters")
    assert "Run again" in shown


def test_a_queued_run_says_why_it_waits_and_can_be_cancelled(page, scientist, project, run_jobs):
    run = make_run(scientist, project, state="queued")
    from foundation import jobs

    jobs.enqueue(
        "experiments.execute_run",
        actor=scientist,
        project_id=project.pk,
        subject=("run", run.pk),
        title="Run",
        run_id=str(run.pk),
    )
    shown = text(page("run_detail", run.pk))
    assert "No worker serves the queue" in shown or "next in its queue" in shown
    cancelled = page.client.post(reverse("experiments:run_cancel", args=["acme", "flights", run.pk]))
    assert cancelled.status_code == 303
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert acts_on("run", run) == [done_by(scientist, "run.cancelled")]
    assert "Cancelled by The scientist. What it logged stays; no model can be registered from it." in text(
        page("run_detail", run.pk)
    )


def test_a_finished_run_shows_figures_and_the_way_on(page, scientist, project):
    manifest = {"data": {"digest": "a" * 64}, "code": {"sha256": "b" * 64}, "seed": 7, "packages": {"numpy": "2"}}
    manifest["details"] = {"min_samples_leaf": 6, "iterations": 20}
    asked = {"max_iter": 20, "min_samples_leaf": 100}
    first = make_run(scientist, project, state="succeeded", manifest=manifest, params=asked)
    assert "6 (100 was asked)" in text(page("run_detail", first.pk))
    run = make_run(scientist, project, first.training_set, state="succeeded", repeated_from=first, reproduced=True)
    shown = text(page("run_detail", run.pk))
    assert "every figure is the same to the last digit" in shown
    assert "Slice <bdi>long</bdi>" in shown
    assert "0.9300" in shown
    reproduce = text(page("run_detail", first.pk, tab="reproduce"))
    assert "a" * 64 in reproduce and "numpy" in reproduce
    for tab in ("evidence", "activity", "files"):
        assert page("run_detail", first.pk, tab=tab).status_code == 200


def test_another_tenants_run_is_not_there(page, scientist, project, client_as, other_scientist):
    run = make_run(scientist, project, state="succeeded")
    stranger = client_as(other_scientist)
    for name in ("run_detail", "run_list", "run_new"):
        args = ["acme", "flights", run.pk] if name == "run_detail" else ["acme", "flights"]
        assert stranger.get(reverse(f"experiments:{name}", args=args)).status_code == 404
    assert stranger.post(reverse("experiments:run_cancel", args=["acme", "flights", run.pk])).status_code == 404


def test_a_viewer_sees_the_reason_instead_of_the_button(project, scientist, viewer, client_as):
    run = make_run(scientist, project, state="succeeded")
    client = client_as(viewer)
    shown = text(client.get(reverse("experiments:run_detail", args=["acme", "flights", run.pk])))
    assert "run.start" in shown
    assert text(client.get(reverse("experiments:run_new", args=["acme", "flights"]))).count("“run.start”") == 1
    assert client.post(reverse("experiments:run_repeat", args=["acme", "flights", run.pk])).status_code == 403


@pytest.mark.parametrize("state", ["running", "succeeded"])
def test_the_page_of_a_run_shows_what_the_proof_counted_view_by_view(page, scientist, project, state):
    counted = {"view": "delays v3", "view_id": str(uuid4()), "digest": "d" * 64, "joined": 121, "missing": 22}
    counted |= {"expired": 7, "violations": 0, "mismatches": 0, "early": 0, "oldest_us": 3_600_000_000}
    counted["looks_ahead"] = [{"name": "lead OVER", "line": 2, "reason": "later"}]
    proof = {"rows": 150, "violations": 0, "mismatches": 0, "by_time": True, "views": [counted]}
    run = make_run(scientist, project, make_training_set(scientist, project, leakage_proof=proof), state=state)
    assert "0 of 150 rows, counted" in text(page("run_detail", run.pk))
    shown = text(page("run_detail", run.pk, tab="evidence"))
    row = shown[shown.index("<bdi>delays v3</bdi>") :].split("</tr>")[0]
    assert re.findall(r'<td class="s-num">([^<]*)</td>', row) == ["121", "22", "7", "0", "0"]
    assert "The SQL of delays v3 may look ahead: LEAD OVER in line 2." in shown
    assert "values younger than their label: 0 of 150 rows, counted" in shown


def test_a_runs_data_and_spec_are_for_its_own_container(scientist, project):
    run = make_run(scientist, project, state="running")
    for asked in (services.run_spec, services.arrow_stream):
        with pytest.raises(AccessDenied, match="present attempt"):
            asked(actor=scientist, run=run)


def test_a_run_takes_the_leakage_proof_of_its_data_along_into_its_manifest(scientist, project):
    proof = {"rows": 150, "violations": 0, "mismatches": 0, "by_time": True, "views": [{"view": "v1", "missing": 3}]}
    run = make_run(scientist, project, state="running")
    TrainingSet.objects.filter(pk=run.training_set_id).update(leakage_proof=proof)
    own = replace(scientist, kind="workload", purpose=run.token_purpose, scopes=frozenset(workload.SCOPES))
    assert services.run_spec(actor=own, run=run)["data"]["leakage_proof"] == proof


def test_every_recipe_parameter_and_figure_has_words():
    from apps.experiments.choices import METRICS, PARAMETERS, RECIPES
    from runtime.figures import MORE_IS_BETTER
    from runtime.recipes.catalogue import CATALOGUE

    assert set(RECIPES) == set(CATALOGUE)
    assert {p.name for recipe in CATALOGUE.values() for p in recipe.parameters} == set(PARAMETERS)
    assert set(METRICS) == set(MORE_IS_BETTER)


def test_the_state_machine_names_every_state():
    from apps.experiments.choices import ACTIVE, NEXT, RunState

    assert set(NEXT) == set(RunState)
    assert {state for state in RunState if NEXT[state]} == ACTIVE
