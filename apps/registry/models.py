from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext

from apps.registry.choices import Gate, GateState, OnnxState, Stage
from foundation.tenancy.models import TenantModel
from foundation.words import read_words


class SigningKey(TenantModel):
    """The tenant's Ed25519 key for artifacts; the private half is sealed and never leaves the portal."""

    key_id = models.CharField(max_length=64)
    public_pem = models.TextField()
    sealed_private = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(retired_at=None), name="one_signing_key_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return self.key_id[:12]


class Model(TenantModel):
    """A model by name; what it can do is said by its versions."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    name = models.SlugField(max_length=63)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "project", "name"], name="model_name_once")]

    def __str__(self) -> str:
        return self.name


class ModelVersion(TenantModel):
    """A signed artifact out of a run, with its schema, figures and card."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    run = models.ForeignKey("experiments.Run", on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.REGISTERING)
    failure = models.TextField(blank=True)
    artifact_digest = models.CharField(max_length=64, blank=True)
    artifact_bytes = models.BigIntegerField(null=True)
    signature = models.BinaryField(null=True)
    signing_key = models.ForeignKey(SigningKey, null=True, on_delete=models.PROTECT, related_name="+")
    input_schema = models.JSONField(default=dict)
    reference = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict)
    # {"importance": …, "calibration": …} as the trainer found them on the test rows.
    evaluation = models.JSONField(default=dict)
    card = models.TextField(blank=True)
    card_number = models.PositiveIntegerField(default=0)
    onnx_state = models.CharField(max_length=10, choices=OnnxState.choices, default=OnnxState.ABSENT)
    onnx_report = models.JSONField(default=dict)
    promoted_at = models.DateTimeField(null=True)
    # When the next version took its place in production; empty where somebody retired it, so that it stays away.
    superseded_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "model", "number"], name="model_version_number_once"),
            models.UniqueConstraint(
                fields=["tenant", "model"],
                condition=models.Q(stage=Stage.PRODUCTION),
                name="one_model_version_in_production",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model.name} v{self.number}"

    @property
    def may_serve(self) -> bool:
        """What is in production, or was until the next version came: deployments need a way back from that one."""
        former = self.stage == Stage.RETIRED and self.superseded_at is not None
        return former or self.stage == Stage.PRODUCTION

    @property
    def artifact_key(self) -> str:
        return f"models/{self.pk.hex}/artifact.tar"


class GateResult(TenantModel):
    """What one gate said of a version, with the figures it looked at."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="gates")
    gate = models.CharField(max_length=16, choices=Gate.choices)
    state = models.CharField(max_length=8, choices=GateState.choices)
    # In the language of the source, for programs; readers get `said`.
    sentence = models.TextField()
    words = models.JSONField(default=dict)
    figures = models.JSONField(default=dict)
    decided_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["gate"]
        constraints = [models.UniqueConstraint(fields=["tenant", "version", "gate"], name="one_result_per_gate")]

    @property
    def said(self) -> str:
        """The sentence in the reader's language."""
        return str(read_words(self.words)) if self.words else gettext(self.sentence)

    def __str__(self) -> str:
        return f"{self.gate}: {self.state}"
