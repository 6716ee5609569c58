from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Stage(TextChoices):
    REGISTERING = "registering", _("Registering")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    CANDIDATE = "candidate", _("Candidate")
    PRODUCTION = "production", _("Production")
    RETIRED = "retired", _("Retired")


NEXT: dict[Stage, frozenset[Stage]] = {
    Stage.REGISTERING: frozenset({Stage.CANDIDATE, Stage.FAILED, Stage.CANCELLED}),
    Stage.FAILED: frozenset(),
    Stage.CANCELLED: frozenset(),
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


# Words for facts that are kept by name; those for a model's figures are the words of the runs.
WORDS = {
    "training_set": _("Training set"),
    "feature_service": _("Feature service"),
    "data_digest": _("Digest of the data"),
    "rows": _("Rows"),
    "recipe": _("Recipe"),
    "code_digest": _("Digest of the code"),
    "card_digest": _("Digest of the card"),
    "digest": _("Digest"),
    "violations": _("Violations"),
    "mismatches": _("Mismatches"),
    "early": _("Seen early"),
    "max_abs_diff": _("Largest difference"),
    "tolerance": _("Allowed"),
    "equal": _("Equal"),
    "metric": _("Figure"),
    "candidate": _("This version"),
    "production": _("In production"),
    "reason": _("Reason"),
}


# The kind of the approval cases that ask for a version's way into production.
PROMOTION_CASE = "model.promote"


class Gate(TextChoices):
    SIGNATURE = "signature", _("Signature")
    LEAKAGE = "leakage", _("No leakage")
    DATA = "data", _("Committed data")
    MANIFEST = "manifest", _("Reproducible")
    ONNX = "onnx", _("Serving copy equal")
    METRIC = "metric", _("Not worse than production")
