from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models

from apps.datasets.choices import growing_table
from apps.streams.choices import Begin, Cut, EventFormat, Late, StreamState
from foundation.tenancy.models import BinnableModel
from foundation.words import said_now


class Stream(BinnableModel):
    """Events on their way into a dataset's growing table.

    What is counted here is shown; what is true of rows and offsets stands in the lake, with the rows.
    """

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    # None: events are pushed to the portal itself.
    connection = models.ForeignKey(
        "connections.Connection", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    topic = models.CharField(max_length=255, blank=True)
    begin = models.CharField(max_length=8, choices=Begin.choices, default=Begin.EARLIEST)
    # Where it begins, by partition, as found when it was first read: not what is newest whenever it is asked again.
    first_places = models.JSONField(null=True)
    format = models.CharField(max_length=8, choices=EventFormat.choices, default=EventFormat.JSON)
    # Of Avro the JSON text, of Protobuf a FileDescriptorSet.
    event_schema = models.BinaryField(blank=True, default=b"")
    message = models.CharField(max_length=255, blank=True)
    # [{"name", "type", "required", "tokenise"}], in the order of the table.
    columns = models.JSONField(default=list)
    # The columns that stand in the table as tokens, also those of them that it writes no more.
    tokenised = models.JSONField(default=list)
    event_time = models.CharField(max_length=255, blank=True)
    lateness = models.DurationField(default=timedelta)
    late = models.CharField(max_length=10, choices=Late.choices, default=Late.KEEP)
    batch_rows = models.PositiveIntegerField(default=20_000)
    batch_seconds = models.FloatField(default=1.0)
    cut = models.CharField(max_length=4, choices=Cut.choices, default=Cut.HAND)
    cut_rows = models.PositiveBigIntegerField(default=1_000_000)
    state = models.CharField(max_length=8, choices=StreamState.choices, default=StreamState.RUNNING)
    # Why it failed, or what it waits for while it runs.
    failure = models.TextField(blank=True)
    failure_words = models.JSONField(default=dict, blank=True)
    # Events were deleted before they were read: whoever lets it go on says that it may pass over them, once.
    gap = models.BooleanField(default=False)
    # Whoever reads it counts this up; what an earlier attempt still writes is refused.
    attempt = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    # As of the last commit: what the lake's mark says, and how far the broker is ahead.
    rows = models.PositiveBigIntegerField(default=0)
    late_rows = models.PositiveBigIntegerField(default=0)
    quarantined = models.PositiveBigIntegerField(default=0)
    # Events of people who were erased before they were read.
    left_out = models.PositiveBigIntegerField(default=0)
    # Rows that were made of quarantined events, read again.
    replayed = models.PositiveBigIntegerField(default=0)
    lag = models.PositiveBigIntegerField(default=0)
    per_second = models.FloatField(default=0)
    watermark = models.DateTimeField(null=True)
    committed_at = models.DateTimeField(null=True)
    # What the last version was made of, and when.
    cut_snapshot = models.BigIntegerField(null=True)
    cut_at = models.DateTimeField(null=True)
    rows_at_cut = models.PositiveBigIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "project", "name"], condition=models.Q(binned_at=None), name="stream_name_once"
            ),
            models.CheckConstraint(
                condition=models.Q(batch_rows__gte=1, batch_seconds__gt=0, cut_rows__gte=1), name="stream_moves"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def table(self) -> str:
        """The dataset's growing table."""
        return growing_table(self.dataset_id)

    @property
    def quarantine(self) -> str:
        """The table of events that no row could be made of."""
        return quarantine_of(self.pk)

    @property
    def writer(self) -> str:
        """In whose name its marks stand in the table."""
        return f"stream:{self.pk.hex}"

    @property
    def failure_said(self) -> str:
        """Why it failed, or what it waits for, in the reader's language."""
        return said_now(self.failure_words, self.failure)

    @property
    def key(self) -> str:
        """What it is called where it is read: in the portal's own broker each stream has a key of its own."""
        return self.topic if self.connection_id else f"{self.tenant_id.hex}:{self.pk.hex}"

    @property
    def is_pushed(self) -> bool:
        return self.connection_id is None

    @property
    def column_names(self) -> list[str]:
        return [column["name"] for column in self.columns]

    @property
    def makes_tokens(self) -> bool:
        return any(column.get("tokenise") for column in self.columns)

    def told(self) -> dict[str, Any]:
        """What pages hear by websocket and read by REST."""
        return {
            "state": self.state,
            "failure": self.failure_said,
            "rows": self.rows,
            "late": self.late_rows,
            "quarantined": self.quarantined,
            "left_out": self.left_out,
            "replayed": self.replayed,
            "lag": self.lag,
            "per_second": round(self.per_second, 1),
            "watermark": self.watermark and self.watermark.isoformat(),
            "committed_at": self.committed_at and self.committed_at.isoformat(),
        }


def quarantine_of(stream_id: UUID) -> str:
    return f"sq_{stream_id.hex}"
