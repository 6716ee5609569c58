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


class Gate(TextChoices):
    SIGNATURE = "signature", _("Signature")
    LEAKAGE = "leakage", _("No leakage")
    DATA = "data", _("Committed data")
    MANIFEST = "manifest", _("Reproducible")
    ONNX = "onnx", _("Serving copy equal")
    METRIC = "metric", _("Not worse than production")
