from django.db import migrations, models

STATES = [
    ("building", "Building"),
    ("ready", "Ready"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
    ("destroying", "Being destroyed"),
    ("destroyed", "Destroyed"),
]


class Migration(migrations.Migration):
    dependencies = [("features", "0002_cancelled")]

    operations = [
        migrations.AlterField(
            model_name="featureview",
            name="profile",
            field=models.JSONField(db_column="profile", default=dict),
        ),
        migrations.RenameField(model_name="featureview", old_name="profile", new_name="first_profile"),
        migrations.AddField(model_name="featureview", name="destroyed_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="trainingset", name="destroyed_at", field=models.DateTimeField(null=True)),
        migrations.AlterField(
            model_name="featureview",
            name="state",
            field=models.CharField(choices=STATES, default="building", max_length=12),
        ),
        migrations.AlterField(
            model_name="trainingset",
            name="state",
            field=models.CharField(choices=STATES, default="building", max_length=12),
        ),
    ]
