from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.features.choices import OPEN_MATERIALISATIONS, MaterialisationCause, MaterialisationKind, MaterialisationState
from apps.features.models.failures import Failing
from apps.features.models.views import FeatureView
from foundation.tenancy.models import TenantModel


class Materialisation(Failing, TenantModel):
    """One time that a view's newest values were put online, chunk by chunk; another worker goes on where one died."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    view = models.ForeignKey(FeatureView, on_delete=models.PROTECT, related_name="materialisations")
    # Counts up within the view, and stands at the head of every value that it writes: a lower one never follows.
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=MaterialisationKind.choices, default=MaterialisationKind.FULL)
    cause = models.CharField(max_length=12, choices=MaterialisationCause.choices, default=MaterialisationCause.ROWS)
    state = models.CharField(max_length=12, choices=MaterialisationState.choices, default=MaterialisationState.WAITING)
    # The view's rows that it reads, and, where only those that came since are new, the ones before.
    lake_snapshot = models.BigIntegerField(null=True)
    since_snapshot = models.BigIntegerField(null=True)
    # The moment as of which a value is the newest; what is known later follows it in its timeline.
    as_of = models.DateTimeField(null=True)
    chunks = models.PositiveIntegerField(default=0)
    chunks_done = models.PositiveIntegerField(default=0)
    # How the engine parts keys into chunks: another release of it may part them otherwise.
    parting = models.CharField(max_length=40, blank=True)
    keys_written = models.BigIntegerField(default=0)
    keys_removed = models.BigIntegerField(default=0)
    # The latest event whose values it wrote.
    watermark = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "view", "number"], name="materialisation_number_once"),
            models.UniqueConstraint(
                fields=["tenant", "view"],
                condition=Q(state__in=OPEN_MATERIALISATIONS),
                name="materialisation_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.view} · {self.number}"

    @property
    def percent(self) -> int:
        """How many of its chunks are done."""
        return round(100 * self.chunks_done / self.chunks) if self.chunks else 0


class PlanTable(models.Model):
    """The number of what the gateway knows of views: it rises with every change, in commit order. One row."""

    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)
