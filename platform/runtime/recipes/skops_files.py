"""model.skops: scikit-learn's estimators without pickle, and without what importing skops costs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import sklearn.utils
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.preprocessing import LabelEncoder

# One of the two estimators; scikit-learn carries no types.
Estimator = Any

# Those two, and what they keep inside.
_ESTIMATORS = (HistGradientBoostingClassifier, HistGradientBoostingRegressor, LabelEncoder)
# The classes that model.skops holds besides what skops trusts by itself.
TRUSTED_TYPES = ["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]


@cache
def skops() -> ModuleType:
    """skops.io, which when imported looks for all estimators there are, so as to trust them.

    That look imports every package of scikit-learn, and with them torch and pytest where they are installed: two
    seconds of a processor for each run. Those of the recipe are all that has to be trusted here.
    """
    look = sklearn.utils.all_estimators
    sklearn.utils.all_estimators = lambda: [(kind.__name__, kind) for kind in _ESTIMATORS]
    try:
        import skops.io
    finally:
        sklearn.utils.all_estimators = look
    module: ModuleType = skops.io
    return module


def read_skops(path: Path) -> Estimator:
    """Return the estimator; raises skops' UntrustedTypesFoundException where the file holds anything else."""
    return skops().load(path, trusted=TRUSTED_TYPES)
