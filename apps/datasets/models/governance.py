"""What people say of versions afterwards: tags, legal holds, and which versions are kept how long."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.datasets.models.datasets import Dataset, DatasetVersion
from foundation.tenancy.models import TenantModel


class VersionTag(TenantModel):
    """A word that names one version of a dataset and can be moved to another: `production`, `gold`."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="tags")
    # None: it was taken away; the row stays, so that the history can say what it was called.
    version = models.ForeignKey(DatasetVersion, null=True, on_delete=models.PROTECT, related_name="tags")
    name = models.CharField(max_length=60)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "dataset", "name"], name="version_tag_once")]

    def __str__(self) -> str:
        return self.name


class LegalHold(TenantModel):
    """A version, or a whole dataset with what is added later, that nobody may destroy: who said so, why, until when."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="holds")
    # None: every version of the dataset.
    version = models.ForeignKey(DatasetVersion, null=True, on_delete=models.PROTECT, related_name="holds")
    reason = models.TextField()
    # The last day on which it holds, in UTC; None: until it is released.
    until = models.DateField(null=True)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    released_at = models.DateTimeField(null=True)
    release_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return str(self.version or self.dataset)


class RetentionRule(TenantModel):
    """Which versions of a dataset stay: those that either of the two limits keeps, and what else is in use."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    dataset = models.OneToOneField(Dataset, on_delete=models.PROTECT, related_name="retention")
    keep_newest = models.PositiveIntegerField(null=True)
    keep_days = models.PositiveIntegerField(null=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["dataset"]

    def __str__(self) -> str:
        return str(self.dataset)
