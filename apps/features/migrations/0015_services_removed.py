from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("features", "0014_on_demand_deprecated")]

    operations = [
        migrations.AddField(
            model_name="featureservice",
            name="removed_at",
            field=models.DateTimeField(null=True),
        ),
    ]
