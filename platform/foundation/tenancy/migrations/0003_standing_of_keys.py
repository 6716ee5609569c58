from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0002_plan_and_zones")]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="keys_withdrawn_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="tenant",
            name="keys_destroyed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
