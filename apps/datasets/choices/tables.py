"""What tables of the lake are called where more than one app has to know it."""

from __future__ import annotations

from uuid import UUID


def growing_table(dataset_id: UUID) -> str:
    """The table that a dataset's streams write to all the time, and out of which its versions are cut."""
    return f"dt_{dataset_id.hex}"
