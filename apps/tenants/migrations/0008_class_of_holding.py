from django.db import migrations, models

KINDS = models.CharField(
    choices=[
        ("run", "Run"),
        ("deployment", "Deployment"),
        ("dataset", "Dataset"),
        ("model", "Model"),
        ("files", "Files that MLflow's client logged"),
    ],
    max_length=16,
)


class Migration(migrations.Migration):
    dependencies = [("tenants", "0007_stray_refusals")]

    operations = [
        migrations.AddField(
            model_name="holding", name="resource_class", field=models.CharField(default="", max_length=32)
        ),
        migrations.AlterField(model_name="usagehour", name="thing_kind", field=KINDS),
        migrations.AlterField(model_name="usagespan", name="thing_kind", field=KINDS),
    ]
