"""The steps up to 0005 as one, for a fresh database; one that has taken some of them takes the others one by one."""

import uuid

from django.db import migrations, models

import foundation.tenancy.models
from foundation.tenancy.row_security import FUNCTIONS


class Migration(migrations.Migration):
    replaces = [
        ("tenancy", "0001_initial"),
        ("tenancy", "0002_plan_and_zones"),
        ("tenancy", "0003_standing_of_keys"),
        ("tenancy", "0004_second_factor"),
        ("tenancy", "0005_suspension_and_leaving"),
    ]

    initial = True

    dependencies = []

    operations = [
        # Columns of later tables default to the scope's tenant, so the functions come before every table.
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Tenant",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("slug", models.SlugField(max_length=63, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("name_ar", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "plan",
                    models.CharField(
                        choices=[("smb", "Small and medium business"), ("enterprise", "Enterprise")],
                        default="smb",
                        max_length=16,
                    ),
                ),
                ("zones", models.JSONField(default=foundation.tenancy.models.onshore)),
                ("keys_withdrawn_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("keys_destroyed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("second_factor_due", models.DateTimeField(blank=True, null=True)),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("deletion_begun_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("deletion_due", models.DateTimeField(blank=True, editable=False, null=True)),
                ("suspended_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                "ordering": ["slug"],
            },
        ),
    ]
