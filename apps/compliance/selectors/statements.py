"""The whole of what is said of a chain, section by section."""

from __future__ import annotations

from collections.abc import Callable

from apps.compliance.choices import SECTIONS
from apps.compliance.ports import Section, Statement
from apps.compliance.selectors.chains import ModelChain
from apps.compliance.selectors.links import data, making, serving
from apps.compliance.selectors.proofs import Proofs

_SAY: dict[str, Callable[[ModelChain, Proofs], list[Statement]]] = {
    "source": data.source,
    "dataset_version": data.dataset_version,
    "feature_view": data.feature_view,
    "training_set": data.training_set,
    "run": making.run,
    "model_version": making.model_version,
    "approval_case": making.approval_case,
    "revision": serving.revision,
    "monitor": serving.monitor,
}


def sections_of(chain: ModelChain, proofs: Proofs) -> list[Section]:
    """In the order of the data's way; a training set without feature views has no section for them."""
    said = [(key, tuple(_SAY[key](chain, proofs))) for key in SECTIONS]
    return [Section(key, *SECTIONS[key], statements) for key, statements in said if statements]
