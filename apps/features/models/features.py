from __future__ import annotations

from uuid import UUID, uuid5

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from apps.features.choices import FeatureKind
from apps.features.models.on_demand import OnDemandView
from apps.features.models.views import FeatureView
from foundation.tenancy.models import TenantModel


class Feature(TenantModel):
    """One feature of one version of a view, as it is searched for; kept up by what the ledger says of the view.

    It is of a feature view, or of on-demand features: these keep no rows, so hardly any figure of them is known.

    Of values that are covered for anybody no figure stands here that they could be told from: counts alone.
    """

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    view = models.ForeignKey(FeatureView, null=True, on_delete=models.CASCADE, related_name="catalogued")
    on_demand = models.ForeignKey(OnDemandView, null=True, on_delete=models.CASCADE, related_name="catalogued")
    name = models.CharField(max_length=255)
    # Where it stands in the view.
    place = models.PositiveIntegerField()
    type = models.CharField(max_length=255)
    kind = models.CharField(max_length=8, choices=FeatureKind.choices, default=FeatureKind.OTHER)
    description = models.TextField(blank=True)
    described_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    described_at = models.DateTimeField(null=True)
    # Of the newest version that has rows; where none has, of the newest.
    current = models.BooleanField(default=True)
    # Whether it was computed from what is personal.
    covered = models.BooleanField(default=False)
    # Of an on-demand one: the entities of the views that it is made of, by name.
    about = ArrayField(models.TextField(), default=list)
    # Columns that it is computed from, as "id of the dataset:column".
    sources = ArrayField(models.TextField(), default=list)
    null_share = models.FloatField(null=True)
    distinct = models.BigIntegerField(null=True)
    mean = models.FloatField(null=True)
    deviation = models.FloatField(null=True)
    # The latest event time of the view's rows; None where that is covered.
    newest_at = models.DateTimeField(null=True)
    # Training sets that were joined with it.
    used_by = ArrayField(models.UUIDField(), default=list)
    use_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["name", "view__name", "on_demand__name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "view", "name"], name="feature_once"),
            models.UniqueConstraint(fields=["tenant", "on_demand", "name"], name="on_demand_feature_once"),
            models.CheckConstraint(
                condition=models.Q(view=None, on_demand__isnull=False) | models.Q(view__isnull=False, on_demand=None),
                name="feature_of_one_view",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "project", "current", "name"], name="feature_by_name"),
            GinIndex(fields=["used_by"], name="feature_by_use"),
        ]

    def __str__(self) -> str:
        return f"{self.home.name}:{self.name}"

    @property
    def home(self) -> FeatureView | OnDemandView:
        """The version of a view that it is a feature of."""
        return self.view or self.on_demand  # type: ignore[return-value]  # a constraint holds that one is there

    @staticmethod
    def id_of(view_id: UUID, name: str) -> UUID:
        """The same whenever it is noted, so that an address holds."""
        return uuid5(view_id, f"feature {name}")
