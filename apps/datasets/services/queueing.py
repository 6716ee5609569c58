"""The queue of a dataset: what is numbered, held, tagged or let go of in it is decided by one after the other."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from apps.datasets.models import Dataset


def hold_dataset(dataset_id: UUID) -> Dataset:
    """Wait for the dataset's row until the transaction ends; before any of its versions, else two wait for each other.

    `no_key`: those who wait here wait for each other, but not for whoever inserts a row that points at the dataset.
    """
    return Dataset.objects.select_for_update(of=("self",), no_key=True).select_related("owner").get(pk=dataset_id)


def hold_datasets(dataset_ids: Collection[UUID]) -> None:
    """The same of several, in the order in which everybody takes them."""
    rows = Dataset.objects.select_for_update(no_key=True).filter(pk__in=dataset_ids)
    list(rows.order_by("pk").values_list("pk", flat=True))
