"""The steps up to 0003 as one, for a fresh database; one that has taken some of them takes the others one by one.

Triggers: no event, place or checkpoint is ever changed or removed, and every event is stamped and queued.
"""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from foundation.tenancy.operations import CreateModels

APPEND_ONLY = ["ledger_ledgerevent", "ledger_ledgerplace", "ledger_checkpoint"]

_REFUSE = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The ledger is append-only: % on % is refused, for its owner too.', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$;
"""

# Statement triggers: they speak even where row-level security shows no row. ALWAYS: also under replication roles.
_GUARD = """
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER ledger_append_only;
"""

_STAMP = """
CREATE FUNCTION ledger_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.recorded_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_stamp BEFORE INSERT ON ledger_ledgerevent FOR EACH ROW EXECUTE FUNCTION ledger_stamp();
CREATE FUNCTION ledger_queue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ledger_pendingevent (tenant_id, event_id) VALUES (NEW.tenant_id, NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_queue AFTER INSERT ON ledger_ledgerevent FOR EACH ROW EXECUTE FUNCTION ledger_queue();
"""

_UNSTAMP = """
DROP TRIGGER ledger_queue ON ledger_ledgerevent;
DROP TRIGGER ledger_stamp ON ledger_ledgerevent;
DROP FUNCTION ledger_queue();
DROP FUNCTION ledger_stamp();
"""


class Migration(migrations.Migration):
    replaces = [("ledger", "0001_initial"), ("ledger", "0002_append_only"), ("ledger", "0003_index_by_actor")]

    initial = True

    dependencies = [
        ("tenancy", "0001_squashed_0005_suspension_and_leaving"),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name="LedgerEvent",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("kind", models.CharField(max_length=80)),
                        ("version", models.PositiveSmallIntegerField(default=1)),
                        ("actor_kind", models.CharField(max_length=16)),
                        ("actor_id", models.UUIDField(null=True)),
                        ("project_id", models.UUIDField(null=True)),
                        ("subject_kind", models.CharField(max_length=40)),
                        ("subject_id", models.UUIDField()),
                        ("payload", models.JSONField()),
                        ("request_id", models.CharField(blank=True, max_length=200)),
                        (
                            "recorded_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["tenant", "-recorded_at", "-id"], name="ledger_by_time"),
                            models.Index(
                                fields=["tenant", "subject_kind", "subject_id", "-recorded_at", "-id"],
                                name="ledger_by_subject",
                            ),
                            models.Index(
                                fields=["tenant", "project_id", "-recorded_at", "-id"], name="ledger_by_project"
                            ),
                            models.Index(fields=["tenant", "kind", "-recorded_at", "-id"], name="ledger_by_kind"),
                            models.Index(fields=["tenant", "actor_id", "-recorded_at", "-id"], name="ledger_by_actor"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Checkpoint",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("tree_size", models.BigIntegerField()),
                        ("root_hash", models.CharField(max_length=64)),
                        ("frontier", models.JSONField()),
                        ("key_id", models.CharField(max_length=64)),
                        ("signature", models.CharField(max_length=88)),
                        ("signed_at", models.DateTimeField()),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("tenant", "tree_size"), name="ledger_checkpoint_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AnchorDelivery",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("sink", models.CharField(max_length=40)),
                        ("attempts", models.PositiveIntegerField(default=0)),
                        ("delivered_at", models.DateTimeField(null=True)),
                        ("last_error", models.CharField(blank=True, max_length=200)),
                        ("failing_since", models.DateTimeField(null=True)),
                        ("next_attempt_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                        (
                            "checkpoint",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deliveries",
                                to="ledger.checkpoint",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("delivered_at__isnull", True)),
                                fields=["next_attempt_at"],
                                name="ledger_undelivered",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("tenant", "checkpoint", "sink"), name="ledger_delivery_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LedgerPlace",
                    fields=[
                        (
                            "event",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="place",
                                serialize=False,
                                to="ledger.ledgerevent",
                            ),
                        ),
                        ("seq", models.BigIntegerField()),
                        ("previous_hash", models.CharField(max_length=64)),
                        ("hash", models.CharField(max_length=64)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("tenant", "seq"), name="ledger_place_once")],
                    },
                ),
                migrations.CreateModel(
                    name="LedgerHead",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("seq", models.BigIntegerField(default=0)),
                        ("hash", models.CharField(max_length=64)),
                        ("broken", models.CharField(blank=True, max_length=400)),
                        ("broken_since", models.DateTimeField(null=True)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("tenant",), name="ledger_one_head")],
                    },
                ),
                migrations.CreateModel(
                    name="ParkedEvent",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("subscriber", models.CharField(max_length=120)),
                        ("attempts", models.PositiveIntegerField()),
                        ("last_error", models.CharField(max_length=200)),
                        ("parked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                        ("replayed_at", models.DateTimeField(null=True)),
                        (
                            "event",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.ledgerevent"
                            ),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["parked_at"],
                        "constraints": [
                            models.UniqueConstraint(fields=("tenant", "subscriber", "event"), name="ledger_parked_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PendingEvent",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        (
                            "event",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.ledgerevent"
                            ),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["tenant", "id"], name="ledger_pending_order")],
                    },
                ),
                migrations.CreateModel(
                    name="SubscriberCursor",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=120)),
                        ("position", models.BigIntegerField(default=0)),
                        ("attempts", models.PositiveIntegerField(default=0)),
                        ("last_error", models.CharField(blank=True, max_length=200)),
                        ("failing_since", models.DateTimeField(null=True)),
                        ("next_attempt_at", models.DateTimeField(null=True)),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.tenant"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("tenant", "name"), name="ledger_cursor_once")],
                    },
                ),
            ],
        ),
        migrations.RunSQL(_REFUSE, "DROP FUNCTION ledger_refuse_change()"),
        *[
            migrations.RunSQL(_GUARD.format(table=table), f"DROP TRIGGER ledger_append_only ON {table}")
            for table in APPEND_ONLY
        ],
        migrations.RunSQL(_STAMP, _UNSTAMP),
    ]
