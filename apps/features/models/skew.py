from __future__ import annotations

from django.db import models

from apps.features.models.views import FeatureView
from foundation.tenancy.models import TenantModel


class SkewCheck(TenantModel):
    """One comparison of what was served of a view with what the lake says it was at those moments."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    view = models.ForeignKey(FeatureView, on_delete=models.PROTECT, related_name="skew_checks")
    checked_at = models.DateTimeField()
    # When the first and the last of the answers that were compared had been served.
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    # Answers compared, and those of them in which anything differed.
    compared = models.PositiveIntegerField()
    different = models.PositiveIntegerField()
    # Why they differed: {one of `choices.SkewKind`: how many answers}.
    kinds = models.JSONField(default=dict)
    # [{"name", "different", "gap"}] in the order of the view's features; `gap` is the largest distance of two numbers.
    features = models.JSONField(default=list)
    # Where in the queue the last of them stood: what was compared is not compared again.
    place = models.CharField(max_length=48)

    class Meta:
        ordering = ["-checked_at"]
        constraints = [models.UniqueConstraint(fields=["tenant", "view", "place"], name="skew_check_once")]
        indexes = [models.Index(fields=["tenant", "view", "-checked_at"], name="skew_check_newest")]

    def __str__(self) -> str:
        return f"{self.view} · {self.checked_at:%Y-%m-%d %H:%M}"

    @property
    def share(self) -> float:
        """How many of the answers differed: 0 to 1."""
        return self.different / self.compared if self.compared else 0.0
