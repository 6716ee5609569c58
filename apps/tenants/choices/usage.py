"""What is metered, what it costs and what limits it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from foundation.tenancy.choices import Plan


@dataclass(frozen=True)
class ResourceClass:
    """What a run or a replica may use of a machine; prices and quotas go by it."""

    name: str
    label: object
    cpus: float
    memory_mb: int
    gpus: int = 0


RESOURCE_CLASSES = {
    found.name: found
    for found in (
        ResourceClass("small", _("Small: 1 CPU, 2 GB"), 1, 2048),
        ResourceClass("medium", _("Medium: 2 CPUs, 6 GB"), 2, 6144),
        ResourceClass("large", _("Large: 4 CPUs, 16 GB"), 4, 16384),
        ResourceClass("gpu", _("GPU: 4 CPUs, 16 GB, 1 GPU"), 4, 16384, gpus=1),
    )
}
CURRENCY = "AED"


class UsageKind(TextChoices):
    """What is metered; `compute_seconds` goes by the clock and carries the price of its resource class."""

    COMPUTE = "compute_seconds", _("Compute, seconds of the class")
    CPU = "cpu_seconds", _("CPU seconds")
    MEMORY = "memory_mb_seconds", _("Memory, MB seconds")
    GPU = "gpu_seconds", _("GPU seconds")
    STORAGE = "storage_byte_hours", _("Storage, byte hours")
    REQUESTS = "requests", _("Answered requests")


class ThingKind(TextChoices):
    """For what usage is counted."""

    RUN = "run", _("Run")
    DEPLOYMENT = "deployment", _("Deployment")
    DATASET = "dataset", _("Dataset")
    MODEL = "model", _("Model")
    FILES = "files", _("Files that MLflow's client logged")
    FEATURE_VIEW = "feature_view", _("Feature view")
    TRAINING_SET = "training_set", _("Training set")
    REPORT = "report", _("Report")
    ARCHIVE = "archive", _("Archive of the organisation")


# What a tenant of the plan may use at a time until somebody sets other quotas; the operator lays them with the plan.
PLAN_QUOTAS: dict[Plan, dict[str, int]] = {
    Plan.SMB: {
        "cpus": 16,
        "memory_mb": 65_536,
        "gpus": 1,
        "concurrent_runs": 4,
        "storage_bytes": 500 * 10**9,
        "requests_per_second": 200,
    },
    Plan.ENTERPRISE: {},
}
# A month of storage is 730 hours, a twelfth of a year of 8760.
GIB_MONTH = 730 * 2**30
# How many of a kind its price is for; what is not here has no price of its own.
PRICED_PER: dict[UsageKind, int] = {UsageKind.COMPUTE: 3600, UsageKind.STORAGE: GIB_MONTH, UsageKind.REQUESTS: 1000}
STORAGE_ITEM, REQUESTS_ITEM = "storage", "requests"
# What has a price, with the words of its unit.
PRICE_ITEMS: dict[str, tuple[object, object]] = {
    **{name: (found.label, _("an hour")) for name, found in RESOURCE_CLASSES.items()},
    STORAGE_ITEM: (_("Storage"), _("a GiB and month")),
    REQUESTS_ITEM: (_("Answered requests"), _("a thousand")),
}
# The same as choices: what the ledger says of a price in words.
PriceItem = TextChoices(  # type: ignore[call-overload]  # the stubs know no choices that are made by a call
    "PriceItem", [(item.upper(), (item, words[0])) for item, words in PRICE_ITEMS.items()]
)
# Shares of a budget's soft limit at which administrators are told, once each a month.
NOTICE_AT = (50, 80, 100)


class UsageBy(TextChoices):
    """What sums of usage are told apart by."""

    PROJECT = "project", _("Project")
    PERSON = "person", _("Person")
    MODEL = "model", _("Model")
