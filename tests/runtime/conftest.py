"""Trained models, made once and shared; a test that changes one copies it first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from threadpoolctl import threadpool_limits

from runtime.training.flow import Outcome, train
from runtime.training.spec import read_spec
from tests.runtime import tables


class Trained:
    """A model directory, its figures, and the curve it told on the way."""

    def __init__(self, directory: Path, document: Mapping[str, Any], table: pa.Table) -> None:
        self.directory = directory
        self.steps: list[tuple[int, dict[str, float]]] = []
        self.lines: list[str] = []
        with threadpool_limits(1):
            self.outcome: Outcome = train(
                read_spec(document), table, directory, lambda n, f: self.steps.append((n, dict(f))), self.lines.append
            )


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Callable[..., Trained]:
    def make(table: pa.Table, document: Mapping[str, Any]) -> Trained:
        return Trained(tmp_path_factory.mktemp("model") / "model", document, table)

    return make


@pytest.fixture(scope="session")
def flight_model(trained) -> Trained:
    return trained(tables.flights(), tables.flight_document())


@pytest.fixture(scope="session")
def flight_network(trained) -> Trained:
    params = {"max_epochs": 4, "hidden_units": 32}
    return trained(tables.flights(), tables.flight_document(recipe="torch_mlp", params=params))


@pytest.fixture(scope="session")
def iris_model(trained) -> Trained:
    return trained(tables.iris(), tables.spec_document(tables.iris()))


@pytest.fixture(scope="session")
def diabetes_model(trained) -> Trained:
    return trained(tables.diabetes(), tables.spec_document(tables.diabetes()))
