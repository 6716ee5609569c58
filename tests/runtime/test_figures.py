"""One catalogue says which figures there are, which way each is better, and which one decides."""

from __future__ import annotations

import json

import numpy as np
import pytest

from runtime.figures import MORE_IS_BETTER, PRIMARY, ranked, task_of
from runtime.training.metrics import evaluate

TRUTH = np.array([0.0, 1.0, 2.0, 1.0])
PREDICTED = {
    "binary": np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.4, 0.6]]),
    "multiclass": np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.2, 0.7, 0.1]]),
    "regression": np.array([0.1, 1.2, 1.9, 1.0]),
}


@pytest.mark.parametrize("task", PREDICTED)
def test_what_the_trainer_records_of_a_task_is_in_the_catalogue_and_led_by_what_decides(task):
    recorded = evaluate(task, TRUTH % 2 if task == "binary" else TRUTH, PREDICTED[task])

    assert recorded.keys() <= MORE_IS_BETTER.keys()
    assert task_of(recorded) == task
    assert ranked(recorded)[0] == PRIMARY[task]
    assert set(ranked(recorded)) == set(recorded)


def test_every_figure_of_the_catalogue_is_recorded_for_some_task():
    recorded = [evaluate(task, TRUTH % 2 if task == "binary" else TRUTH, PREDICTED[task]) for task in PREDICTED]
    assert set().union(*recorded) == set(MORE_IS_BETTER)


def test_a_part_with_one_class_is_ranked_by_what_is_still_defined():
    recorded = evaluate("binary", np.zeros(4), PREDICTED["binary"])
    assert ranked(recorded)[0] == "log_loss"


@pytest.mark.parametrize("model", ["iris_model", "diabetes_model", "flight_model"])
def test_importance_is_measured_by_the_figure_that_decides(model, request):
    directory = request.getfixturevalue(model).directory / "sanad"
    task = json.loads((directory / "schema.json").read_text())["target"]["task"]
    assert json.loads((directory / "importance.json").read_text())["metric"] == PRIMARY[task]
