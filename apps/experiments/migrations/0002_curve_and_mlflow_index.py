from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("experiments", "0001_initial")]

    operations = [
        migrations.AddField(model_name="run", name="curve", field=models.JSONField(default=list)),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["tenant", "mlflow_run_id"], name="run_by_mlflow_id"),
        ),
    ]
