"""What a run says of its result is looked at before anybody reads it: pages of a project do not fall over one run."""

import json

import pytest

from apps.experiments.errors import ResultRefused
from apps.experiments.services import results
from tests.apps.experiments.rows import make_run

FIGURES = {"test": {"accuracy": 0.9, "rows": 12}, "validation": {"accuracy": 1}, "slices": {"long": {"rows": 3}}}
MANIFEST = {"code": {"sha256": "ab", "runtime": "1"}, "rows": {"test": 12}, "packages": {"numpy": "2"}, "seed": 7}


@pytest.fixture
def left(scientist, project, monkeypatch):
    """What is read of a run that wrote these texts."""
    run = make_run(scientist, project)

    def leave(metrics=FIGURES, manifest=MANIFEST, curve=()):
        said = {"metrics.json": metrics, "manifest.json": manifest}

        class Server:
            def read_json(self, _run_id, path):
                text = said[path.rpartition("/")[2]]
                return json.loads(text) if isinstance(text, str) else text

            def metric_history(self, _run_id, _key):
                return [{"value": value} for value in curve]

            def digests(self, _run_id, _path):
                return {}

        monkeypatch.setattr(results, "server_of", lambda _project_id: Server())
        return results.result_of(run)

    return leave


def test_what_the_trainer_writes_is_taken_as_it_is(left):
    found = left()
    assert (found.metrics, found.manifest) == (FIGURES, MANIFEST)


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ("[]", "array"),
        ('{"test": 5}', r"\$\.test"),
        ('{"test": {"accuracy": "x"}}', "Expected `float`, got `str`"),
        ('{"slices": {"long": [1]}}', "got `array`"),
        ('{"test": {"accuracy": 1e400}}', "without end"),
        ('{"test": {"accuracy": NaN}}', "without end"),
    ],
)
def test_figures_that_are_none_are_refused_by_name(left, metrics, said):
    with pytest.raises(ResultRefused, match=r"its metrics\.json .*" + said):
        left(metrics=metrics)


@pytest.mark.parametrize(
    "manifest",
    [
        "5", '{"code": []}', '{"code": {}}', '{"rows": 3}', '{"feature_versions": [1]}', '{"packages": {"a": 1}}',
        '{"seed": NaN}', '{"recipe": "a\\u0000b"}', '{"recipe": "\\ud800"}', '{"a\\u0000": 1}',
    ],
)  # fmt: skip
def test_a_manifest_in_another_shape_is_refused_by_name(left, manifest):
    with pytest.raises(ResultRefused, match=r"its manifest\.json is not"):
        left(manifest=manifest)


def test_a_curve_leaves_out_what_cannot_be_drawn(left):
    assert left(curve=[0.5, "NaN", float("inf"), 0.25]).curve == [0.5, 0.25]
