from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ExportFormat(TextChoices):
    """As what the rows of a version leave; Delta Lake and Iceberg as a zip with the table's folder in it."""

    PARQUET = "parquet", "Parquet"
    CSV = "csv", "CSV"
    ARROW = "arrow", "Arrow"
    DELTA = "delta", _("Delta Lake table (zip)")
    ICEBERG = "iceberg", _("Iceberg table (zip)")

    @property
    def ending(self) -> str:
        """Of the file's name, after the version's."""
        return {"delta": "-delta.zip", "iceberg": "-iceberg.zip"}.get(self.value, f".{self.value}")

    @property
    def media_type(self) -> str:
        kinds = {
            "parquet": "application/vnd.apache.parquet",
            "csv": "text/csv; charset=utf-8",
            "arrow": "application/vnd.apache.arrow.file",
        }
        return kinds.get(self.value, "application/zip")
