from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models

from apps.connections.choices import ConnectionKind, Standing
from foundation.tenancy.models import BinnableModel
from foundation.words import said_now


class Connection(BinnableModel):
    """A way to where data lies already: its settings in clear, its secrets sealed and never shown again."""

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=ConnectionKind.choices)
    # None: every project of the tenant reads through it.
    project = models.ForeignKey("projects.Project", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    description = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    # {"host": …} as `choices.SETTINGS` of the kind names them; none of it is secret.
    settings = models.JSONField(default=dict)
    # {"password": …} as JSON, sealed for this connection; empty where there are none.
    sealed_secrets = models.BinaryField(null=True, blank=True)
    # How many ingestions read through it at the same time.
    at_once = models.PositiveSmallIntegerField(default=2)
    standing = models.CharField(max_length=8, choices=Standing.choices, default=Standing.UNTRIED)
    # [{"name", "ok", "says", "name_words", "says_words"}] of the last test.
    steps = models.JSONField(default=list)
    tested_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"], condition=models.Q(binned_at=None), name="connection_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def steps_said(self) -> list[dict[str, Any]]:
        """The steps of the last test in the reader's language: name, ok, says."""
        return [
            {
                "name": said_now(step.get("name_words", {}), step["name"]),
                "ok": step["ok"],
                "says": said_now(step.get("says_words", {}), step["says"]),
            }
            for step in self.steps
        ]

    @property
    def where(self) -> str:
        """What it leads to, in a word; nothing of it is secret."""
        said = self.settings
        if self.kind == ConnectionKind.S3:
            return f"{said.get('bucket', '')}/{said.get('prefix', '')}".rstrip("/")
        if self.kind == ConnectionKind.HTTP:
            return next(iter(str(said.get("urls", "")).split()), "")
        if self.kind == ConnectionKind.KAFKA:
            return next(iter(str(said.get("servers", "")).split()), "")
        return f"{said.get('host', '')}:{said.get('port', '')}/{said.get('database', '')}"

    @property
    def holds_files(self) -> bool:
        """Whether files lie there, and not tables."""
        return self.kind in {ConnectionKind.S3, ConnectionKind.HTTP}

    @property
    def holds_events(self) -> bool:
        """Whether events wait there, which a stream reads."""
        return self.kind in {ConnectionKind.VALKEY, ConnectionKind.KAFKA}

    @property
    def has_secrets(self) -> bool:
        return self.sealed_secrets is not None

    def is_open_to(self, project_id: UUID) -> bool:
        return self.project_id is None or self.project_id == project_id
