from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from foundation.ledger.signing import SignedCheckpoint
from foundation.tenancy.models import TenantModel

# The system's loops ask which tenants have work; they set this and read nothing else with it.
_LOOPS = "current_setting('sanad.ledger_loops', true) = 'on'"


class LedgerEvent(TenantModel):
    """A recorded fact. Triggers refuse every change, stamp the database's time and queue it for its place."""

    kind = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField(default=1)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    project_id = models.UUIDField(null=True)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    payload = models.JSONField()
    request_id = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "-recorded_at", "-id"], name="ledger_by_time"),
            models.Index(
                fields=["tenant", "subject_kind", "subject_id", "-recorded_at", "-id"], name="ledger_by_subject"
            ),
            models.Index(fields=["tenant", "project_id", "-recorded_at", "-id"], name="ledger_by_project"),
            models.Index(fields=["tenant", "actor_id", "-recorded_at", "-id"], name="ledger_by_actor"),
            models.Index(fields=["tenant", "kind", "-recorded_at", "-id"], name="ledger_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} · {self.subject_kind} {self.subject_id}"


class LedgerPlace(TenantModel):
    """The place of a committed event in its tenant's chain."""

    id = None  # type: ignore[assignment]
    event = models.OneToOneField(LedgerEvent, on_delete=models.PROTECT, primary_key=True, related_name="place")
    seq = models.BigIntegerField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "seq"], name="ledger_place_once")]

    def __str__(self) -> str:
        return f"{self.seq} · {self.hash[:12]}"


class PendingEvent(TenantModel):
    """An event that waits for its place; written with it by a trigger, removed by the sequencer."""

    row_security_reads = _LOOPS

    id = models.BigAutoField(primary_key=True)  # type: ignore[assignment]
    event = models.OneToOneField(LedgerEvent, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["tenant", "id"], name="ledger_pending_order")]

    def __str__(self) -> str:
        return str(self.event_id)


class LedgerHead(TenantModel):
    """Where a tenant's chain ends; the sequencer goes on from here and refuses where the chain says otherwise."""

    row_security_reads = _LOOPS

    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)
    broken = models.CharField(max_length=400, blank=True)
    broken_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="ledger_one_head")]

    def __str__(self) -> str:
        return f"{self.seq} · {self.hash[:12]}"


class Checkpoint(TenantModel):
    """A signed statement of the Merkle root over the first `tree_size` entries."""

    row_security_reads = _LOOPS

    tree_size = models.BigIntegerField()
    root_hash = models.CharField(max_length=64)
    frontier = models.JSONField()
    key_id = models.CharField(max_length=64)
    signature = models.CharField(max_length=88)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "tree_size"], name="ledger_checkpoint_once")]

    def __str__(self) -> str:
        return f"{self.tree_size} · {self.root_hash[:12]}"

    def signed(self) -> SignedCheckpoint:
        from foundation.ledger.canonical import instant

        return SignedCheckpoint(
            self.tenant_id, self.tree_size, self.root_hash, instant(self.signed_at), self.key_id, self.signature
        )


class AnchorDelivery(TenantModel):
    """The way of a checkpoint to a sink outside the database."""

    row_security_reads = _LOOPS

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="deliveries")
    sink = models.CharField(max_length=40)
    attempts = models.PositiveIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)
    failing_since = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "checkpoint", "sink"], name="ledger_delivery_once")]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], name="ledger_undelivered", condition=models.Q(delivered_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.sink} · {self.checkpoint_id}"


class SubscriberCursor(TenantModel):
    """How far a subscriber has come in a tenant's chain, and what holds it up."""

    row_security_reads = _LOOPS

    name = models.CharField(max_length=120)
    position = models.BigIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    failing_since = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="ledger_cursor_once")]

    def __str__(self) -> str:
        return f"{self.name} · {self.position}"


class ParkedEvent(TenantModel):
    """An event that a subscriber could not take; it waits to be replayed while the subscriber goes on."""

    subscriber = models.CharField(max_length=120)
    event = models.ForeignKey(LedgerEvent, on_delete=models.PROTECT, related_name="+")
    attempts = models.PositiveIntegerField()
    last_error = models.CharField(max_length=200)
    parked_at = models.DateTimeField(db_default=Now())
    replayed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "subscriber", "event"], name="ledger_parked_once")]
        ordering = ["parked_at"]

    def __str__(self) -> str:
        return f"{self.subscriber} · {self.event_id}"
