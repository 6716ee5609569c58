from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models

from apps.tenants.choices import SENDING_RESTS, DeliveryState, WebhookShape, WebhookState, WebhookTrouble
from foundation.tenancy.models import TenantModel


class Webhook(TenantModel):
    """An address of the tenant's that is told what happens; its secret lies sealed and is shown once.

    `kinds` are families ("run") and kinds ("run.succeeded") of ledger events; none stands for all.
    """

    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=200, blank=True)
    kinds = models.JSONField(default=list)
    shape = models.CharField(max_length=12, choices=WebhookShape.choices, default=WebhookShape.EVENTS)
    # What OpenLineage calls the place of our jobs and datasets.
    namespace = models.CharField(max_length=200, blank=True)
    project_id = models.UUIDField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=WebhookState.choices, default=WebhookState.ENABLED)
    trouble = models.CharField(max_length=10, choices=WebhookTrouble.choices, blank=True)
    # Signs; of OpenLineage the receiver's own token, or nothing.
    sealed_secret = models.BinaryField()
    # The ledger's last entry when it was made: it hears what comes after.
    after_seq = models.BigIntegerField(default=0)
    # Until then both sign, so that a receiver can take the new secret at its leisure.
    sealed_previous = models.BinaryField(null=True, blank=True)
    previous_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    # What waits since before then is sent at once, whatever pause it was in.
    enabled_at = models.DateTimeField(null=True, blank=True)
    # Somebody cancelled its sending: what was to be sent by then rests for an hour.
    rested_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        # The path of an address often is a secret of the receiver's.
        return self.description or self.host

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def rests_until(self) -> datetime | None:
        """Until when what waited at a cancelled sending is not sent; also where that is over."""
        return self.rested_at + SENDING_RESTS if self.rested_at else None

    def wants(self, kind: str, project_id: Any) -> bool:
        """Whether events of this kind in this project are told here."""
        if self.project_id is not None and self.project_id != project_id:
            return False
        return not self.kinds or kind in self.kinds or kind.partition(".")[0] in self.kinds


class WebhookDelivery(TenantModel):
    """One event on its way to one webhook: written once, tried until it arrived, with the same id and payload."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.UUIDField()
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    payload = models.TextField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    # Of the present round: a replay begins anew.
    tries = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    # When the pause before the next attempt was laid; empty until the first attempt.
    paced_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-seq"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "webhook", "event_id"], name="delivery_once_per_event")
        ]
        indexes = [
            models.Index(fields=["webhook", "-created_at"], name="delivery_newest"),
            models.Index(
                fields=["webhook", "next_attempt_at"],
                condition=models.Q(state=DeliveryState.WAITING),
                name="delivery_due",
            ),
            models.Index(
                fields=["webhook", "subject_id", "seq"],
                condition=models.Q(state=DeliveryState.WAITING),
                name="delivery_in_order",
            ),
            models.Index(
                fields=["webhook", "seq", "created_at"],
                condition=models.Q(state=DeliveryState.WAITING),
                name="delivery_next",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"

    @property
    def due_at(self) -> datetime:
        """When it may be sent next, where it waits; the queue says the same of rows."""
        rested, until = self.webhook.rested_at, self.webhook.rests_until
        if rested is None or until is None:
            return self.next_attempt_at
        paced = self.tries > 0 and self.paced_at is not None and self.paced_at <= rested
        return max(self.next_attempt_at, until) if paced or self.next_attempt_at <= rested else self.next_attempt_at

    @property
    def message_id(self) -> str:
        """The `webhook-id`: the same with every attempt, so that a receiver knows what it has had."""
        return f"msg_{self.event_id.hex}"


class WebhookAttempt(TenantModel):
    """One request of a delivery and what came back; `status` is empty where nobody answered, `problem` says why."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    seconds = models.FloatField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    request_headers = models.JSONField(default=dict)
    answer = models.TextField(blank=True)
    truncated = models.BooleanField(default=False)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.status or self.problem} {self.at}"
