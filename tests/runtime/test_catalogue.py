"""The recipes' parameters as the portal reads them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from runtime.recipes import load_recipe
from runtime.recipes.catalogue import CATALOGUE, ParameterRefused
from tests.runtime.serving import SOURCE

BOOSTING = CATALOGUE["hist_gradient_boosting"]


def test_the_catalogue_needs_neither_torch_nor_scikit_learn():
    code = "import sys, runtime.recipes.catalogue; print({'torch', 'sklearn', 'numpy', 'mlflow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_recipe_can_be_loaded_and_describes_each_parameter(name):
    assert load_recipe(name)
    info = CATALOGUE[name]
    assert info.complete({}) == {parameter.name: parameter.default for parameter in info.parameters}
    for parameter in info.parameters:
        assert parameter.help.endswith(".")
        assert "description" in parameter.json_schema()
    assert info.json_schema()["additionalProperties"] is False


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"learning_rate": 3}, "learning_rate has to be a number from 0.001 to 1; 3 is not."),
        ({"max_iter": 2.5}, "max_iter has to be a whole number from 1 to 5000; 2.5 is not."),
        ({"early_stopping": 1}, "early_stopping has to be true or false; 1 is not."),
        ({"max_iter": float("nan")}, "max_iter has to be a whole number"),
        ({"trees": 5}, "The recipe hist_gradient_boosting has no parameter 'trees'"),
    ],
)
def test_a_wrong_parameter_is_refused_with_its_bounds(given, sentence):
    with pytest.raises(ParameterRefused) as refused:
        BOOSTING.complete(given)
    assert sentence in refused.value.sentence


def test_a_whole_number_may_be_written_as_a_float_and_a_choice_is_one_of_its_words():
    assert BOOSTING.complete({"max_iter": 20.0})["max_iter"] == 20
    with pytest.raises(ParameterRefused, match="one of embedding, one_hot"):
        CATALOGUE["torch_mlp"].complete({"categories": "hash"})
