"""A second start finds what the first one made, and nothing that people made beside it."""

from types import SimpleNamespace

import pytest

from sanad.samples.kept import Kept

OWN = {
    "id": "own",
    "training_set": "set",
    "purpose": "Tell early",
    "slices": [{"name": "jul_aug"}],
    "repeated_from": None,
    "state": "succeeded",
}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, "own"),
        ({"state": "running"}, "own"),
        ({"state": "failed"}, None),
        ({"purpose": ""}, None),
        ({"slices": []}, None),
        ({"training_set": "another"}, None),
        ({"repeated_from": "own"}, None),
    ],
)
def test_only_the_walks_own_run_is_taken_up(changes, found):
    runs = [{**OWN, "id": "theirs", "purpose": "Try deeper trees", "slices": []}, {**OWN, **changes}]
    client = SimpleNamespace(runs=SimpleNamespace(list=lambda: runs))
    kept = Kept(client).run("set", purpose="Tell early")

    assert (kept and kept["id"]) == found
