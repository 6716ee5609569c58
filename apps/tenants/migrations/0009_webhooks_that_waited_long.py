from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("tenants", "0008_class_of_holding")]

    operations = [
        migrations.AddField("webhook", "enabled_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("webhookdelivery", "paced_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddIndex(
            "webhookdelivery",
            models.Index(fields=["webhook", "seq", "created_at"], condition=Q(state="waiting"), name="delivery_next"),
        ),
    ]
