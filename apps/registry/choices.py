from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Stage(TextChoices):
    REGISTERING = "registering", _("Registering")
    FAILED = "failed", _("Failed")
    CANDIDATE = "candidate", _("Candidate")
    PRODUCTION = "production", _("Production")
    RETIRED = "retired", _("Retired")


NEXT: dict[Stage, frozenset[Stage]] = {
    Stage.REGISTERING: frozenset({Stage.CANDIDATE, Stage.FAILED}),
    Stage.FAILED: frozenset(),
    Stage.CANDIDATE: frozenset({Stage.PRODUCTION, Stage.RETIRED}),
    Stage.PRODUCTION: frozenset({Stage.RETIRED}),
    Stage.RETIRED: frozenset({Stage.PRODUCTION}),
}


class OnnxState(TextChoices):
    VERIFIED = "verified", _("Checked equal")
    DIFFERS = "differs", _("Differs from the original")
    ABSENT = "absent", _("None")


class GateState(TextChoices):
    PASSED = "passed", _("Passed")
    FAILED = "failed", _("Failed")
    WARNED = "warned", _("Passed with a remark")


# (metric of the test rows that decides, whether more is better), by task.
PRIMARY_METRIC = {"binary": ("roc_auc", True), "multiclass": ("accuracy", True), "regression": ("rmse", False)}
# Metrics that are better when they are smaller; all others the other way.
LESS_IS_BETTER = frozenset({"log_loss", "brier", "rmse", "mae"})
# Words for figures and facts that are kept by name.
WORDS = {
    "roc_auc": "ROC AUC",
    "average_precision": _("Average precision"),
    "log_loss": _("Log loss"),
    "brier": _("Brier score"),
    "accuracy": _("Accuracy"),
    "balanced_accuracy": _("Balanced accuracy"),
    "f1": "F1",
    "f1_macro": _("F1, mean of classes"),
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R²",
    "training_set": _("Training set"),
    "data_digest": _("Digest of the data"),
    "rows": _("Rows"),
    "recipe": _("Recipe"),
    "code_digest": _("Digest of the code"),
    "card_digest": _("Digest of the card"),
    "digest": _("Digest"),
    "violations": _("Violations"),
    "mismatches": _("Mismatches"),
    "max_abs_diff": _("Largest difference"),
    "tolerance": _("Allowed"),
    "equal": _("Equal"),
    "metric": _("Figure"),
    "candidate": _("This version"),
    "production": _("In production"),
    "reason": _("Reason"),
}


class Gate(TextChoices):
    SIGNATURE = "signature", _("Signature")
    LEAKAGE = "leakage", _("No leakage")
    DATA = "data", _("Committed data")
    MANIFEST = "manifest", _("Reproducible")
    ONNX = "onnx", _("Serving copy equal")
    METRIC = "metric", _("Not worse than production")
