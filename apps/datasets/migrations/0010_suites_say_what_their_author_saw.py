from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datasets", "0009_erased_mentions")]

    operations = [
        migrations.AddField(model_name="suite", name="seen_clear", field=models.JSONField(null=True)),
        migrations.AddField(model_name="ingestion", name="masked", field=models.BooleanField(default=False)),
        migrations.AlterField(
            model_name="validationreport",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("passed", "All passed"),
                    ("warned", "Passed with warnings"),
                    ("quarantined", "Rows in quarantine"),
                    ("blocked", "Blocked"),
                    ("withheld", "Not all shown to you"),
                ],
                max_length=12,
            ),
        ),
    ]
